import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { queueOrder } from "./filters"
import { reorder } from "./reorder"
import { taskStore, touchTask } from "./taskStore"

const PriorityMutation = graphql(`
  mutation SetPriority($id: ID!, $priority: Int!) { updateTask(id: $id, input: { priority: $priority }) { id priority } }
`)
const StartMutation = graphql(`mutation StartQueued($id: ID!) { startTask(id: $id) { id } }`)

/** Moves and starts queued tasks. */
export function useQueue() {
  const setPriority = useAction(PriorityMutation)
  const start = useAction(StartMutation)

  const queue = () => [...taskStore.get().tasks.values()].filter(({ status }) => status === "PENDING").toSorted(queueOrder)

  const moveTo = async (id: string, index: number) => {
    const changes = reorder(queue(), id, index)
    await Promise.all(changes.map((change) => setPriority.run(change)))
    for (const change of changes) touchTask(change.id)
  }
  return {
    moveTo,
    /** Before or after another queued task. */
    moveBeside: (id: string, other: string, after: boolean) => {
      const others = queue().filter((task) => task.id !== id)
      const index = others.findIndex((task) => task.id === other)
      if (index >= 0) void moveTo(id, after ? index + 1 : index)
    },
    moveBy: (id: string, step: 1 | -1) => {
      const tasks = queue()
      const index = tasks.findIndex((task) => task.id === id) + step
      if (index >= 0 && index < tasks.length) void moveTo(id, index)
    },
    start: async (id: string) => {
      await start.run({ id })
      touchTask(id)
    },
  }
}
