import { useVirtualizer } from "@tanstack/react-virtual"
import { useMemo, useRef } from "react"
import type { TaskCard } from "@/state/taskCard"
import { groupTasks, type Grouping } from "./filters"
import { TaskRow } from "./TaskRow"
import type { Selection } from "./useSelection"

const ROW_PX = 44
const HEAD_PX = 44

type Line = { type: "head"; key: string; title: string; count: number } | { type: "task"; key: string; task: TaskCard }

type TaskListProps = { tasks: readonly TaskCard[]; grouping?: Grouping; selection: Selection }

/** Tasks as dense lines under headings; only the visible ones are in the page. */
export function TaskList({ tasks, grouping, selection }: TaskListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const lines = useMemo(() => linesOf(tasks, grouping), [tasks, grouping])
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (lines[index]?.type === "head" ? HEAD_PX : ROW_PX),
    getItemKey: (index) => lines[index]!.key,
    overscan: 12,
  })
  return (
    <div ref={scroller} className="mt-2 min-h-96 flex-1 overflow-y-auto px-4 pb-4 max-md:min-h-[70dvh]">
      <ul aria-label="Tasks" className="relative mx-auto max-w-6xl" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const line = lines[item.index]!
          return (
            <li
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {line.type === "head" ? (
                <h2 className="px-1 pt-4 pb-2 text-sm font-semibold">
                  {line.title} <span className="font-normal text-muted">{line.count}</span>
                </h2>
              ) : (
                <TaskRow task={line.task} selected={selection.ids.has(line.task.id)} onSelect={selection.toggle} />
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function linesOf(tasks: readonly TaskCard[], grouping?: Grouping): Line[] {
  return groupTasks(tasks, grouping).flatMap(({ key, title, tasks: members }) => [
    { type: "head" as const, key: `head ${key}`, title, count: members.length },
    ...members.map((task) => ({ type: "task" as const, key: task.id, task })),
  ])
}
