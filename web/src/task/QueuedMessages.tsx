import { Badge } from "@/ui/Badge"
import type { TaskDetail } from "./taskQuery"

/** Messages the agent does not have yet, in the order in which it will get them. */
export function QueuedMessages({ messages }: Pick<TaskDetail, "messages">) {
  const waiting = messages.filter(({ state }) => state === "QUEUED")
  const last = messages.at(-1)
  if (waiting.length === 0 && last?.state !== "FAILED") return null
  return (
    <ul aria-label="Messages on their way" className="max-h-32 overflow-y-auto border-t border-line bg-surface px-4 py-2 text-sm">
      {waiting.map(({ id, text }) => (
        <li key={id} className="flex items-center gap-2">
          <Badge tone="warn">queued</Badge>
          <span className="min-w-0 flex-1 truncate">{text}</span>
        </li>
      ))}
      {last?.state === "FAILED" && (
        <li className="text-danger">
          The last message did not arrive{last.error && `: ${last.error}`}
        </li>
      )}
    </ul>
  )
}
