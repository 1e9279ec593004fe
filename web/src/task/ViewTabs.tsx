import { Link } from "@tanstack/react-router"
import { classes } from "@/ui/classes"
import { VIEWS, type ViewName } from "./views"

/** Links, not tabs: each view has an address of its own. */
export function ViewTabs({ taskId, current }: { taskId: string; current: ViewName }) {
  return (
    <nav aria-label="Views of the task" className="flex gap-1 overflow-x-auto border-b border-line bg-surface px-3">
      {VIEWS.map(({ name, label }) => (
        <Link
          key={name}
          to="/tasks/$taskId"
          params={{ taskId }}
          search={{ view: name }}
          replace
          aria-current={name === current ? "page" : undefined}
          className={classes(
            "border-b-2 px-2.5 py-2 text-sm whitespace-nowrap",
            name === current ? "border-accent font-medium text-accent" : "border-transparent text-muted hover:text-ink",
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}
