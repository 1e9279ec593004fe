import type { FeedEvent } from "@/api/feed"
import { graphql, type ResultOf } from "@/api/graphql"
import { PermissionFragment } from "@/state/pendingPermissions"
import { TaskCardFragment } from "@/state/taskCard"

export const TaskQuery = graphql(
  `query Task($id: ID!) {
    task(id: $id) {
      ...TaskCard
      description error conflict runMode availableRunModes allowedTools sessionBackend vcsBackend permissionProfile worktree result startedAt finishedAt attachCommand
      messages { id text state error }
      permissionRequests(state: PENDING) { ...Permission }
    }
  }`,
  [TaskCardFragment, PermissionFragment],
)

export type TaskDetail = NonNullable<ResultOf<typeof TaskQuery>["task"]>

/** Whether an event is about this task. */
export const aboutTask = (id: string) => (event: FeedEvent) => event.taskId === id
