import { useState } from "react"
import { actionsFor } from "@/state/lifecycle"
import { useLifecycle } from "@/state/useLifecycle"
import { Button } from "@/ui/Button"
import { ConfirmDialog } from "@/ui/ConfirmDialog"
import type { TaskDetail } from "./taskQuery"

/** Above the terminal of a headless run, which shows what the agent does and takes no keys. */
export function HeadlessNotice({ task }: { task: TaskDetail }) {
  const [asking, setAsking] = useState(false)
  const { act, busy } = useLifecycle(task.id)
  const action = actionsFor(task).find(({ name }) => name === "take-over-terminal")
  if (!action) return null
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line bg-sunken px-3 py-1.5 text-xs">
      <p className="min-w-0 flex-1">The agent runs headless: write to it below. Keys typed here do not reach it.</p>
      <Button size="small" disabled={busy} onClick={() => setAsking(true)}>
        {action.label}…
      </Button>
      {asking && (
        <ConfirmDialog
          action={action}
          busy={busy}
          onCancel={() => setAsking(false)}
          onConfirm={async () => (await act(action.name)) && setAsking(false)}
        />
      )}
    </div>
  )
}
