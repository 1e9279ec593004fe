import { Link } from "@tanstack/react-router"
import { statusText, toneOf } from "@/state/attention"
import { StatusDot } from "@/ui/StatusDot"
import type { OpenDocument } from "./documentQueries"

/** The tasks that refer to the document. */
export function ReferringTasks({ tasks }: Pick<OpenDocument, "tasks">) {
  if (tasks.length === 0) return null
  return (
    <section aria-label="Tasks that refer to it">
      <h2 className="mb-1 text-sm font-semibold">Given to</h2>
      <ul className="text-sm">
        {tasks.map((task) => (
          <li key={task.id}>
            <Link
              to="/tasks/$taskId"
              params={{ taskId: task.id }}
              search={{ view: "documents" }}
              title={statusText(task)}
              className="flex min-h-7 items-center gap-2 rounded px-1.5 hover:bg-sunken"
            >
              <StatusDot tone={toneOf(task)} />
              <span className="truncate">{task.title}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
