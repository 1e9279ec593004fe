import { Link } from "@tanstack/react-router"
import { TAB_BAR, tabClasses } from "@/ui/tabs"
import { useCurrentInView } from "@/ui/useCurrentInView"
import { VIEWS, type ViewName } from "./views"

/** Links, not tabs: each view has an address of its own. */
export function ViewTabs({ taskId, current }: { taskId: string; current: ViewName }) {
  const bar = useCurrentInView(current)
  return (
    <nav ref={bar} aria-label="Views of the task" className={TAB_BAR}>
      {VIEWS.map(({ name, label }) => (
        <Link
          key={name}
          to="/tasks/$taskId"
          params={{ taskId }}
          search={{ view: name }}
          replace
          aria-current={name === current ? "page" : undefined}
          className={tabClasses(name === current)}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}
