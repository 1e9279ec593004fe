import { lazy, Suspense } from "react"
import { TaskDocuments } from "@/documents/TaskDocuments"
import { CommitsView } from "@/task/CommitsView"
import { DetailsView } from "@/task/DetailsView"
import { HeadlessNotice } from "@/task/HeadlessNotice"
import type { TaskDetail } from "@/task/taskQuery"
import type { ViewName } from "@/task/views"
import { Loading } from "@/ui/Notice"

const TerminalView = lazy(() => import("@/terminal/TerminalView"))
const ChangesView = lazy(() => import("@/changes/ChangesView"))
const Timeline = lazy(() => import("@/timeline/Timeline"))

/** One view of a task. Each starts afresh for another task. */
export function TaskView({ task, view }: { task: TaskDetail; view: ViewName }) {
  return (
    <Suspense fallback={<Loading what="the view" />}>
      <View key={task.id} task={task} view={view} />
    </Suspense>
  )
}

function View({ task, view }: { task: TaskDetail; view: ViewName }) {
  switch (view) {
    case "timeline":
      return <Timeline taskId={task.id} worktree={task.worktree} />
    case "terminal":
      return (
        <div className="flex h-full flex-col">
          <HeadlessNotice task={task} />
          <TerminalView taskId={task.id} attachCommand={task.attachCommand} />
        </div>
      )
    case "changes":
      return <ChangesView task={task} />
    case "commits":
      return <CommitsView taskId={task.id} />
    case "documents":
      return <TaskDocuments task={task} />
    case "details":
      return <DetailsView task={task} />
  }
}
