import { dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter"
import { useVirtualizer } from "@tanstack/react-virtual"
import { useEffect, useRef, useState } from "react"
import { ATTENTION_MEANING, ATTENTION_TITLE, type Attention } from "@/state/attention"
import type { TaskCard } from "@/state/taskCard"
import { classes } from "@/ui/classes"
import { BoardCard } from "./BoardCard"
import { carriedTask } from "./carriedTask"
import type { useQueue } from "./useQueue"
import type { Selection } from "./useSelection"

const CARD_PX = 92
const GAP_PX = 8

type BoardColumnProps = {
  attention: Attention
  tasks: readonly TaskCard[]
  selection: Selection
  queue: ReturnType<typeof useQueue>
}

export function BoardColumn({ attention, tasks, selection, queue }: BoardColumnProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const over = useStartByDropping(scroller, attention === "working", queue.start)
  const virtualizer = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_PX,
    getItemKey: (index) => tasks[index]!.id,
    gap: GAP_PX,
    overscan: 6,
  })
  return (
    <section
      aria-label={ATTENTION_TITLE[attention]}
      className="flex min-w-52 flex-1 flex-col"
    >
      <h2 className="mb-2 text-sm font-semibold" title={ATTENTION_MEANING[attention]}>
        {ATTENTION_TITLE[attention]} <span className="font-normal text-muted">{tasks.length}</span>
      </h2>
      <div
        ref={scroller}
        data-column={attention}
        className={classes(
          "min-h-20 flex-1 overflow-y-auto rounded-lg bg-sunken p-2",
          over && "outline-2 outline-accent",
        )}
      >
        {tasks.length === 0 && <p className="px-1 py-2 text-xs text-muted">{over ? "Drop to start" : ATTENTION_MEANING[attention]}</p>}
        <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const task = tasks[item.index]!
            return (
              <li
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <BoardCard task={task} selected={selection.ids.has(task.id)} onSelect={selection.toggle} queue={queue} />
              </li>
            )
          })}
        </ul>
      </div>
    </section>
  )
}

/** A queued task that is dropped on the working column is started. */
function useStartByDropping(element: React.RefObject<HTMLElement | null>, active: boolean, start: (id: string) => void) {
  const [over, setOver] = useState(false)
  const latest = useRef(start)
  useEffect(() => void (latest.current = start))
  useEffect(() => {
    if (!active || !element.current) return
    return dropTargetForElements({
      element: element.current,
      canDrop: ({ source }) => carriedTask.idOf(source.data) !== undefined,
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false)
        const id = carriedTask.idOf(source.data)
        if (id) latest.current(id)
      },
    })
  }, [active, element])
  return over
}
