import { getRouteApi } from "@tanstack/react-router"
import { Columns3, List, Plus } from "lucide-react"
import { lazy, Suspense, useEffect, useMemo } from "react"
import { tinykeys } from "tinykeys"
import { useStore } from "@/api/store"
import { reloadTasks, taskStore } from "@/state/taskStore"
import { Button, IconButton } from "@/ui/Button"
import { whileNotTyping } from "@/ui/keyboard"
import { Empty, Failure, Loading } from "@/ui/Notice"
import { Page } from "@/ui/Page"
import { taskLayout } from "@/ui/preferences"
import { useMediaQuery } from "@/ui/useMediaQuery"
import { FilterBar } from "./FilterBar"
import { filterTasks, sortTasks } from "./filters"
import { openNewTask } from "./newTask"
import { SelectionBar } from "./SelectionBar"
import { TaskList } from "./TaskList"
import { useSelection } from "./useSelection"

const TaskBoard = lazy(() => import("./TaskBoard"))
const route = getRouteApi("/")

const flipLayout = () => taskLayout.update((layout) => (layout === "board" ? "list" : "board"))

/** All tasks, by what they need: as a board or as a dense list. */
export function TasksPage() {
  const { tasks, startQueue, loaded, error } = useStore(taskStore)
  const filter = route.useSearch()
  const chosenLayout = useStore(taskLayout)
  // Columns need width; a phone always gets the list.
  const layout = useMediaQuery("(min-width: 48rem)") ? chosenLayout : "list"
  const shown = useMemo(() => sortTasks(filterTasks(tasks.values(), filter), filter.sort, startQueue), [tasks, filter, startQueue])
  const selection = useSelection(shown)
  useEffect(() => tinykeys(window, whileNotTyping({ v: flipLayout })), [])
  return (
    <Page title="Tasks" actions={<Actions layout={layout} />}>
      {error && <Failure error={error} onRetry={reloadTasks} />}
      {!loaded && !error && <Loading what="tasks" />}
      {loaded && tasks.size === 0 && <NoTasks />}
      {tasks.size > 0 && (
        <div className="flex min-h-full flex-col md:h-full">
          <FilterBar tasks={tasks} filter={filter} layout={layout} />
          {selection.chosen.length > 0 && <SelectionBar tasks={selection.chosen} onClear={selection.clear} />}
          {shown.length === 0 && <Empty title="No task matches">Change or clear the filter above.</Empty>}
          {shown.length > 0 && layout === "list" && <TaskList tasks={shown} grouping={filter.group} selection={selection} />}
          {shown.length > 0 && layout !== "list" && (
            <Suspense fallback={<Loading what="the board" />}>
              <TaskBoard tasks={shown} selection={selection} />
            </Suspense>
          )}
        </div>
      )}
    </Page>
  )
}

function Actions({ layout }: { layout: string }) {
  return (
    <>
      <IconButton className="max-md:hidden" label={layout === "board" ? "Show as a list" : "Show as a board"} onClick={flipLayout}>
        {layout === "board" ? <List size={18} aria-hidden /> : <Columns3 size={18} aria-hidden />}
      </IconButton>
      <Button kind="primary" onClick={openNewTask} aria-keyshortcuts="n">
        <Plus size={16} aria-hidden /> New task
      </Button>
    </>
  )
}

function NoTasks() {
  return (
    <Empty title="No tasks yet">
      <p>A task is a branch, a terminal and an agent that works on what you describe.</p>
      <Button kind="primary" className="mt-4" onClick={openNewTask}>
        Create the first task
      </Button>
    </Empty>
  )
}
