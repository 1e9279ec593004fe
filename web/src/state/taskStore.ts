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
  /** Tasks that wait to be started, the next one first. */
  startQueue: readonly string[]
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

const StartQueueQuery = graphql(`query StartQueue { startQueue { id } }`)

export const taskStore = new Store<TaskList>({ tasks: new Map(), startQueue: [], loaded: false })

/** The list with these tasks (`null`: gone) and, if it was asked for, the start queue read again. Pure. */
export function withTasks(list: TaskList, read: ReadonlyMap<string, TaskCard | null>, startQueue = list.startQueue): TaskList {
  const tasks = new Map(list.tasks)
  for (const [id, task] of read) {
    if (task) tasks.set(id, task)
    else tasks.delete(id)
  }
  return { ...list, tasks, startQueue: sameOrder(startQueue, list.startQueue) ? list.startQueue : startQueue }
}

const sameOrder = (one: readonly string[], other: readonly string[]) => one.length === other.length && one.every((id, index) => id === other[index])

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
    if (page.pageInfo.hasNextPage) continue
    const startQueue = (await readStartQueue()) ?? taskStore.get().startQueue
    return taskStore.set({ tasks, startQueue, loaded: true })
  }
}

async function readStartQueue(): Promise<string[] | undefined> {
  const { data } = await client.query(StartQueueQuery, {}, { requestPolicy: "network-only" })
  return data?.startQueue.map(({ id }) => id)
}

async function readOne(id: string): Promise<[string, TaskCard | null] | undefined> {
  const { data, error } = await client.query(OneTaskQuery, { id }, { requestPolicy: "network-only" })
  if (data) return [id, data.task]
  const gone = error?.graphQLErrors.some((each) => each.extensions["code"] === "NOT_FOUND")
  return gone ? [id, null] : undefined
}

const changed = new Set<string>()
/** Something happened that can change who is started next. */
let queueChanged = false
let reading: Promise<void> = Promise.resolve()

async function readChanged(): Promise<void> {
  const [ids, queue] = [[...changed], queueChanged]
  changed.clear()
  queueChanged = false
  if (ids.length > MANY) return readAll()
  const [read, startQueue] = await Promise.all([Promise.all(ids.map(readOne)), queue ? readStartQueue() : undefined])
  taskStore.update((list) => withTasks(list, new Map(read.filter((each) => each !== undefined)), startQueue))
}

// One read after the other, so that an older answer never replaces a newer one.
const refresh = coalesce(() => (reading = reading.then(readChanged)), REREAD_MS)

export function reloadTasks(): void {
  reading = reading.then(readAll)
}

/** Reads one task again now, for example after this page changed it. */
export function touchTask(id: string): void {
  changed.add(id)
  queueChanged = true
  refresh()
}

export function startTaskStore(): void {
  reloadTasks()
  onResync(reloadTasks)
  onReconnect(() => taskStore.get().error && reloadTasks())
  onEvent(({ kind, taskId }) => {
    if (!taskId) return
    changed.add(taskId)
    queueChanged ||= kind.startsWith("task.")
    refresh()
  })
}
