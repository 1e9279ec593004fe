import { useMemo } from "react"
import { ATTENTIONS, groupByAttention } from "@/state/attention"
import type { TaskCard } from "@/state/taskCard"
import { BoardColumn } from "./BoardColumn"
import { useQueue } from "./useQueue"
import type { Selection } from "./useSelection"

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
