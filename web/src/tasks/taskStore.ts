/** All tasks the page knows, kept true by the event feed: what an event names is read again. */
import type { CombinedError } from "urql"
import { client } from "@/api/client"
import { coalesce } from "@/api/coalesce"
import { onEvent, onReconnect, onResync } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { Store } from "@/api/store"
import { TaskCardFragment, type TaskCard } from "./taskCard"

export type TaskList = {
  tasks: ReadonlyMap<string, TaskCard>
  /** False until the first complete answer. */
  loaded: boolean
  error?: CombinedError
}

const PAGE_SIZE = 100
const REREAD_MS = 100
/** Above this many changed tasks at once, reading all pages costs less than reading each. */
const MANY = 6

const TaskPageQuery = graphql(
  `query TaskPage($first: Int!, $after: String) {
    tasks(first: $first, after: $after) {
      edges { node { ...TaskCard } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  [TaskCardFragment],
)

const OneTaskQuery = graphql(`query OneTask($id: ID!) { task(id: $id) { ...TaskCard } }`, [TaskCardFragment])

export const taskStore = new Store<TaskList>({ tasks: new Map(), loaded: false })

/** The list with these tasks read again; `null` is a task that is gone. Pure. */
export function withTasks(list: TaskList, read: ReadonlyMap<string, TaskCard | null>): TaskList {
  const tasks = new Map(list.tasks)
  for (const [id, task] of read) {
    if (task) tasks.set(id, task)
    else tasks.delete(id)
  }
  return { ...list, tasks }
}

async function readAll(): Promise<void> {
  const tasks = new Map<string, TaskCard>()
  let after: string | null = null
  for (;;) {
    const variables: { first: number; after: string | null } = { first: PAGE_SIZE, after }
    const result = await client.query(TaskPageQuery, variables, { requestPolicy: "network-only" })
    const page = result.data?.tasks
    if (!page) return taskStore.update((list) => ({ ...list, error: result.error }))
    for (const { node } of page.edges) tasks.set(node.id, node)
    after = page.pageInfo.endCursor
    if (!page.pageInfo.hasNextPage) return taskStore.set({ tasks, loaded: true })
  }
}

async function readOne(id: string): Promise<[string, TaskCard | null] | undefined> {
  const result = await client.query(OneTaskQuery, { id }, { requestPolicy: "network-only" })
  if (result.data) return [id, result.data.task]
  const gone = result.error?.graphQLErrors.some((each) => each.extensions["code"] === "NOT_FOUND")
  return gone ? [id, null] : undefined
}

const changed = new Set<string>()
let reading: Promise<void> = Promise.resolve()

async function readChanged(): Promise<void> {
  const ids = [...changed]
  changed.clear()
  if (ids.length > MANY) return readAll()
  const read = (await Promise.all(ids.map(readOne))).filter((each) => each !== undefined)
  taskStore.update((list) => withTasks(list, new Map(read)))
}

// One read after the other, so that an older answer never replaces a newer one.
const refresh = coalesce(() => (reading = reading.then(readChanged)), REREAD_MS)

export function reloadTasks(): void {
  reading = reading.then(readAll)
}

/** Reads one task again now, for example after this page changed it. */
export function touchTask(id: string): void {
  changed.add(id)
  refresh()
}

export function startTaskStore(): void {
  reloadTasks()
  onResync(reloadTasks)
  onReconnect(() => taskStore.get().error && reloadTasks())
  onEvent((event) => event.taskId && touchTask(event.taskId))
}
