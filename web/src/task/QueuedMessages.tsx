import { QueuedMessage } from "./QueuedMessage"
import type { TaskDetail } from "./taskQuery"
import { useMessageQueue } from "./useMessageQueue"

type QueuedMessagesProps = { task: Pick<TaskDetail, "id" | "messages"> }

/** Messages the agent does not have yet, in the order in which it will get them. */
export function QueuedMessages({ task: { id: taskId, messages } }: QueuedMessagesProps) {
  const waiting = messages.filter(({ state }) => state === "QUEUED")
  const queue = useMessageQueue(taskId, waiting.map(({ id }) => id))
  const last = messages.at(-1)
  if (waiting.length === 0 && last?.state !== "FAILED") return null
  return (
    <section aria-label="Message queue" className="max-h-[32dvh] shrink-0 overflow-y-auto border-t border-line bg-surface px-4 py-2 text-sm">
      {waiting.length > 0 && (
        <ol aria-label="Messages on their way" className="flex flex-col gap-1">
          {waiting.map((message, index) => (
            <QueuedMessage key={message.id} message={message} queue={queue} first={index === 0} last={index === waiting.length - 1} />
          ))}
        </ol>
      )}
      {last?.state === "FAILED" && (
        <p role="alert" className="text-danger">
          The last message did not arrive{last.error && `: ${last.error}`}
        </p>
      )}
    </section>
  )
}
