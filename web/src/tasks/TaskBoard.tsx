import { useMemo } from "react"
import { ATTENTIONS, groupByAttention } from "./attention"
import { BoardColumn } from "./BoardColumn"
import type { TaskCard } from "./taskCard"
import type { Selection } from "./useSelection"
import { useQueue } from "./useQueue"

type TaskBoardProps = { tasks: readonly TaskCard[]; selection: Selection }

/** Five columns by what the tasks need. */
export default function TaskBoard({ tasks, selection }: TaskBoardProps) {
  const groups = useMemo(() => groupByAttention(tasks), [tasks])
  const queue = useQueue()
  return (
    <div className="flex min-h-0 flex-1 gap-3 overflow-x-auto p-4">
      {ATTENTIONS.map((attention) => (
        <BoardColumn key={attention} attention={attention} tasks={groups[attention]} selection={selection} queue={queue} />
      ))}
    </div>
  )
}
