/** Moving a task within the queue by changing as few priorities as possible. Pure. */
import type { TaskCard } from "@/state/taskCard"
import { queueOrder } from "./filters"

export type PriorityChange = { id: string; priority: number }

/** Priorities that put `id` at `index` of the queue (counted without it). Higher priorities come first. */
export function reorder(queue: readonly TaskCard[], id: string, index: number): PriorityChange[] {
  const moved = queue.find((task) => task.id === id)
  if (!moved) return []
  const others = queue.filter((task) => task.id !== id).toSorted(queueOrder)
  const wanted = others.toSpliced(index, 0, moved)
  const [above, below] = [wanted[index - 1], wanted[index + 1]]
  const between = priorityBetween(above?.priority, below?.priority)
  if (between !== undefined) return between === moved.priority && inOrder(wanted) ? [] : [{ id, priority: between }]
  return renumbered(wanted)
}

function priorityBetween(above: number | undefined, below: number | undefined): number | undefined {
  if (above === undefined) return below === undefined ? 0 : below + 1
  if (below === undefined) return above - 1
  return above - below >= 2 ? below + Math.floor((above - below) / 2) : undefined
}

function inOrder(queue: readonly TaskCard[]): boolean {
  return queue.every((task, index) => index === 0 || queueOrder(queue[index - 1]!, task) <= 0)
}

/** Distinct priorities for the whole queue, with room between them for the next moves. */
function renumbered(wanted: readonly TaskCard[]): PriorityChange[] {
  const GAP = 10
  return wanted
    .map((task, index) => ({ id: task.id, priority: (wanted.length - index) * GAP, before: task.priority }))
    .filter(({ priority, before }) => priority !== before)
    .map(({ id, priority }) => ({ id, priority }))
}
