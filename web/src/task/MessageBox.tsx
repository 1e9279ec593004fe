import { SendHorizontal } from "lucide-react"
import { useRef, type FormEvent, type KeyboardEvent } from "react"
import { useAction } from "@/api/useAction"
import { isBusy } from "@/state/attention"
import { SendMutation } from "@/state/messages"
import type { AgentStatus, TaskStatus } from "@/state/taskCard"
import { Button } from "@/ui/Button"
import { useDraft } from "@/ui/useDraft"

/** What will become of a message sent now. */
export function deliveryHint(agentStatus: AgentStatus, status?: TaskStatus): string {
  if (status === "WAITING") return "The task waits: the message is delivered when it goes on."
  if (agentStatus === "STOPPED" || agentStatus === "ERRORED") return "The agent is stopped: it resumes with this message."
  if (isBusy(agentStatus) || agentStatus === "WAITING") return "The agent is busy: the message waits until its turn ends."
  return "The agent is idle: it gets the message at once."
}

type MessageBoxProps = { task: { id: string; status: TaskStatus; agentStatus: AgentStatus } }

export function MessageBox({ task }: MessageBoxProps) {
  const [text, setText] = useDraft(`chorus.message.${task.id}`)
  const key = useRef(crypto.randomUUID())
  const { busy, run } = useAction(SendMutation)
  if (task.status !== "RUNNING" && task.status !== "WAITING") return null

  const send = async () => {
    if (!text.trim() || busy) return
    const sent = await run({ taskId: task.id, text, clientMutationId: key.current })
    if (!sent) return
    setText("")
    key.current = crypto.randomUUID()
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    void send()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    void send()
  }
  return (
    <form onSubmit={onSubmit} className="border-t border-line bg-surface px-4 py-3">
      <div className="flex items-end gap-2">
        <textarea
          id="message"
          aria-label="Message to the agent"
          aria-describedby="delivery-hint"
          placeholder="Message to the agent…"
          rows={Math.min(8, text.split("\n").length)}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          className="min-h-9 flex-1 resize-none rounded-md border border-control bg-surface px-3 py-1.5 text-sm placeholder:text-muted"
        />
        <Button type="submit" kind="primary" disabled={busy || !text.trim()}>
          <SendHorizontal size={16} aria-hidden /> Send
        </Button>
      </div>
      <p id="delivery-hint" className="text-xs text-muted max-sm:sr-only sm:mt-1">
        {deliveryHint(task.agentStatus, task.status)} <span className="hidden sm:inline">Shift+Enter for a new line.</span>
      </p>
    </form>
  )
}
