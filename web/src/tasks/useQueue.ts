import { toast } from "sonner"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { taskStore, touchTask } from "@/state/taskStore"
import { movedBeside, movedBy } from "@/ui/useSortable"
import { queueOrder } from "./filters"
import { reorder } from "./priorities"

const PriorityMutation = graphql(`
  mutation SetPriority($id: ID!, $priority: Int!) { updateTask(id: $id, input: { priority: $priority }) { id priority } }
`)
const StartMutation = graphql(`mutation StartQueued($id: ID!) { startTask(id: $id) { id status waitingFor } }`)
const MoveMutation = graphql(`mutation MoveTask($id: ID!, $before: ID) { moveTask(id: $id, before: $before) { id } }`)
const UnqueueMutation = graphql(`mutation UnqueueTask($id: ID!) { unqueueTask(id: $id) { id } }`)

const notStarted = () =>
  [...taskStore.get().tasks.values()].filter(({ status }) => status === "PENDING").toSorted(queueOrder)

/** Whether the task waits to be started: then its place is the server's, otherwise its priority orders it. */
const waitsToStart = (id: string) => taskStore.get().startQueue.includes(id)

/** Moves and starts queued tasks: those that wait for their turn, and those that nobody has started yet. */
export function useQueue() {
  const setPriority = useAction(PriorityMutation)
  const starting = useAction(StartMutation)
  const moving = useAction(MoveMutation)
  const unqueueing = useAction(UnqueueMutation)

  const prioritise = async (id: string, index: number) => {
    const changes = reorder(notStarted(), id, index)
    await Promise.all(changes.map((change) => setPriority.run(change)))
    for (const change of changes) touchTask(change.id)
  }
  /** Puts a task that waits to be started where it is in this order. */
  const place = async (id: string, order: readonly string[]) => {
    await moving.run({ id, before: order[order.indexOf(id) + 1] ?? null })
    touchTask(id)
  }
  const start = async (id: string) => {
    const done = await starting.run({ id })
    touchTask(id)
    if (done?.startTask.status === "WAITING") toast.info(`Queued: it waits for ${done.startTask.waitingFor ?? "its turn"}.`)
    return done?.startTask
  }
  const unqueue = async (id: string) => {
    await unqueueing.run({ id })
    touchTask(id)
  }
  const moveBeside = async (id: string, other: string, after: boolean) => {
    if (waitsToStart(other)) {
      if (!waitsToStart(id) && (await start(id))?.status !== "WAITING") return
      const { startQueue } = taskStore.get()
      return place(id, movedBeside([...startQueue.filter((each) => each !== id), id], id, other, after))
    }
    if (waitsToStart(id)) await unqueue(id)
    const others = notStarted().filter((task) => task.id !== id)
    const index = others.findIndex((task) => task.id === other)
    if (index >= 0) await prioritise(id, after ? index + 1 : index)
  }
  return {
    /** Starts it; what waits for its turn already becomes the next. */
    start: async (id: string) => {
      const { startQueue } = taskStore.get()
      if (waitsToStart(id)) await place(id, [id, ...startQueue.filter((each) => each !== id)])
      else await start(id)
    },
    unqueue,
    /** Before or after another queued task. */
    moveBeside: (id: string, other: string, after: boolean) => void moveBeside(id, other, after),
    moveBy: (id: string, step: 1 | -1) => {
      if (waitsToStart(id)) return void place(id, movedBy(taskStore.get().startQueue, id, step))
      const tasks = notStarted()
      const index = tasks.findIndex((task) => task.id === id) + step
      if (index >= 0 && index < tasks.length) void prioritise(id, index)
    },
    moveToTop: (id: string) => {
      if (waitsToStart(id)) void place(id, [id, ...taskStore.get().startQueue.filter((each) => each !== id)])
      else void prioritise(id, 0)
    },
  }
}
