/** What is carried while a queued task is dragged. */

const MARK = Symbol("queued task")

export type DraggedTask = { [MARK]: true; taskId: string }

export const draggedTask = (taskId: string): DraggedTask => ({ [MARK]: true, taskId })

export function isDraggedTask(data: Record<string | symbol, unknown>): data is DraggedTask {
  return data[MARK] === true
}
