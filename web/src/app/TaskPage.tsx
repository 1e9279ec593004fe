import { getRouteApi } from "@tanstack/react-router"
import { useMemo } from "react"
import { useLiveQuery } from "@/api/useLiveQuery"
import { ConflictNotice } from "@/task/ConflictNotice"
import { LifecycleButtons } from "@/task/LifecycleButtons"
import { MessageBox } from "@/task/MessageBox"
import { QueuedMessages } from "@/task/QueuedMessages"
import { aboutTask, TaskQuery, type TaskDetail } from "@/task/taskQuery"
import { TaskStatusBar } from "@/task/TaskStatusBar"
import { useTaskKeys } from "@/task/useTaskKeys"
import { viewNamed, type ViewName } from "@/task/views"
import { ViewTabs } from "@/task/ViewTabs"
import { Empty, Loaded } from "@/ui/Notice"
import { Page } from "@/ui/Page"
import { TaskRequests } from "./TaskRequests"
import { TaskView } from "./TaskView"

const route = getRouteApi("/tasks/$taskId")

/** One task: its status and what can be done, what its agent asks, and the views that other features have of it. */
export function TaskPage() {
  const { taskId } = route.useParams()
  const view = viewNamed(route.useSearch().view)
  const concerns = useMemo(() => aboutTask(taskId), [taskId])
  const [state, reread] = useLiveQuery(TaskQuery, { id: taskId }, concerns)
  const task = state.data?.task
  useTaskKeys(taskId)
  return (
    <Page
      title={task?.title ?? "Task"}
      heading={task && <TaskHeading task={task} />}
      actions={task && <LifecycleButtons task={task} />}
    >
      <Loaded state={state} what="the task" onRetry={() => reread({ requestPolicy: "network-only" })}>
        {(data) => (data.task ? <TaskBody task={data.task} view={view} /> : <Gone />)}
      </Loaded>
    </Page>
  )
}

function TaskHeading({ task }: { task: TaskDetail }) {
  return (
    <>
      {task.title}
      <span className="line-clamp-1 font-mono text-xs font-normal break-all text-muted sm:line-clamp-none">
        {task.project.name}
        {task.branch && ` · ${task.branch}`} · {task.agent}
      </span>
    </>
  )
}

function Gone() {
  return <Empty title="There is no such task">It may have been deleted.</Empty>
}

function TaskBody({ task, view }: { task: TaskDetail; view: ViewName }) {
  return (
    <div className="flex h-full flex-col">
      <div className="border-b border-line bg-surface px-4 py-2">
        <TaskStatusBar task={task} />
      </div>
      <ConflictNotice task={task} />
      <TaskRequests requests={task.permissionRequests} />
      <ViewTabs taskId={task.id} current={view} />
      <div data-scroller className="min-h-0 flex-1 overflow-y-auto">
        <TaskView task={task} view={view} />
      </div>
      <QueuedMessages task={task} />
      <MessageBox key={task.id} task={task} />
    </div>
  )
}
