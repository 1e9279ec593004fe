import { Link } from "@tanstack/react-router"
import { useDeferredValue, useState } from "react"
import type { FeedEvent } from "@/api/feed"
import { useStore } from "@/api/store"
import type { TaskCard } from "@/state/taskCard"
import { taskStore } from "@/state/taskStore"
import { Button } from "@/ui/Button"
import { Code } from "@/ui/Code"
import { SelectField, TextField } from "@/ui/Field"
import { Empty, Failure, Loading } from "@/ui/Notice"
import { fullText } from "@/ui/time"
import { KIND_GROUPS } from "./kindGroups"
import { Section } from "./Section"
import { useEventLog } from "./useEventLog"

/** Everything that happened and who did it, newest first; kinds of plugins as well. */
export function AuditLog() {
  const [group, setGroup] = useState("")
  const [kind, setKind] = useState("")
  const choice = useDeferredValue(kind.trim() || group)
  return (
    <Section title="Audit log">
      <div className="mb-3 grid gap-3 sm:grid-cols-2">
        <SelectField label="What" value={group} onChange={(event) => (setGroup(event.target.value), setKind(""))}>
          <option value="">Everything</option>
          {Object.keys(KIND_GROUPS).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <TextField label="Or one kind" placeholder="permission.resolved" value={kind} onChange={(event) => setKind(event.target.value)} />
      </div>
      <Events key={choice} choice={choice} />
    </Section>
  )
}

function Events({ choice }: { choice: string }) {
  const { events, before, loaded, error, older } = useEventLog(choice)
  const { tasks } = useStore(taskStore)
  if (error && !loaded) return <Failure error={error} />
  if (!loaded) return <Loading what="the log" />
  if (events.length === 0) return <Empty title="Nothing of this kind happened yet" />
  return (
    <>
      <ul aria-label="Events" className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
        {events.map((event) => (
          <LogLine key={event.cursor} event={event} task={tasks.get(event.taskId ?? "")} />
        ))}
      </ul>
      {error && <Failure error={error} />}
      {before && (
        <Button className="mt-3" onClick={older}>
          Older
        </Button>
      )}
    </>
  )
}

function LogLine({ event, task }: { event: FeedEvent; task: TaskCard | undefined }) {
  const [open, setOpen] = useState(false)
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 px-4 py-1.5">
          <span className="font-mono text-xs">{event.kind}</span>
          <span className="min-w-0 flex-1 truncate text-xs text-muted max-sm:order-last max-sm:basis-full">
            {[event.source, task?.title ?? event.taskId].filter(Boolean).join(" · ")}
          </span>
          <time dateTime={event.at} className="text-xs text-muted tabular-nums max-sm:ml-auto">
            {fullText(event.at)}
          </time>
        </summary>
        {open && (
          <div className="flex flex-col gap-2 px-4 pb-3">
            <Code text={JSON.stringify(event.data, null, 2)} language="json" />
            {task && (
              <Link to="/tasks/$taskId" params={{ taskId: task.id }} className="text-xs text-accent hover:underline">
                Open the task
              </Link>
            )}
          </div>
        )}
      </details>
    </li>
  )
}
