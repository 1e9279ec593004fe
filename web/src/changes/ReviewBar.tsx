import { useState } from "react"
import { toast } from "sonner"
import { useAction } from "@/api/useAction"
import { SendMutation } from "@/state/messages"
import { Button } from "@/ui/Button"
import { counted } from "@/ui/time"
import { reviewMessage, type Comment } from "./comments"

type ReviewBarProps = { task: { id: string; status: string }; comments: readonly Comment[]; onSent: () => void }

/** Sends all comments to the agent as one message. */
export function ReviewBar({ task, comments, onSent }: ReviewBarProps) {
  const { busy, run } = useAction(SendMutation)
  const [key, setKey] = useState(() => crypto.randomUUID())
  const [remark, setRemark] = useState("")
  if (comments.length === 0) return null
  const open = task.status === "RUNNING" || task.status === "WAITING"
  const send = async () => {
    const sent = await run({ taskId: task.id, text: reviewMessage(comments, remark), clientMutationId: key })
    if (!sent) return
    toast.success(`Sent ${counted(comments.length, "comment")} to the agent.`)
    setKey(crypto.randomUUID())
    setRemark("")
    onSent()
  }
  return (
    <div className="sticky bottom-0 flex flex-wrap items-center gap-3 rounded-lg border border-accent bg-surface px-4 py-3 shadow-lg">
      <p className="text-sm font-medium">{counted(comments.length, "comment")}</p>
      <input
        aria-label="A remark for all comments (optional)"
        placeholder="A remark for all (optional)"
        value={remark}
        onChange={(event) => setRemark(event.target.value)}
        className="min-w-40 flex-1 rounded-md border border-control bg-surface px-2.5 py-1.5 text-sm placeholder:text-muted"
      />
      <Button kind="primary" disabled={busy || !open} onClick={() => void send()}>
        Send to the agent
      </Button>
      {!open && <p className="w-full text-xs text-muted">The task is not running: its agent cannot be told.</p>}
    </div>
  )
}
