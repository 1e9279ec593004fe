import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine"
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter"
import { attachClosestEdge, extractClosestEdge, type Edge } from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge"
import { Link } from "@tanstack/react-router"
import { EllipsisVertical } from "lucide-react"
import { memo, useEffect, useRef, useState } from "react"
import { classes } from "@/ui/classes"
import { Menu, MenuItem } from "@/ui/Menu"
import { Since } from "@/ui/Since"
import { StatusDot } from "@/ui/StatusDot"
import { isBusy, standing, toneOf } from "./attention"
import { draggedTask, isDraggedTask } from "./dragging"
import type { TaskCard } from "./taskCard"
import type { useQueue } from "./useQueue"

type Queue = ReturnType<typeof useQueue>

type BoardCardProps = { task: TaskCard; selected: boolean; onSelect: (id: string) => void; queue: Queue }

export const BoardCard = memo(function BoardCard({ task, selected, onSelect, queue }: BoardCardProps) {
  const queued = task.status === "PENDING"
  const { card, edge } = useDragging(task.id, queued, queue.moveBeside)
  return (
    <div
      ref={card}
      data-task={task.id}
      data-selected={selected}
      className={classes(
        "group relative flex gap-2 rounded-lg border border-line bg-surface p-2.5 hover:border-control data-[selected=true]:border-accent",
        queued && "md:cursor-grab",
        edge === "top" && "shadow-[0_-3px_0_var(--accent)]",
        edge === "bottom" && "shadow-[0_3px_0_var(--accent)]",
      )}
    >
      <input
        type="checkbox"
        aria-label={`Select ${task.title}`}
        checked={selected}
        onChange={() => onSelect(task.id)}
        className="mt-0.5 size-4 shrink-0 accent-(--accent-fill)"
      />
      <Link to="/tasks/$taskId" params={{ taskId: task.id }} draggable={false} className="min-w-0 flex-1">
        <span className="line-clamp-2 text-sm leading-snug font-medium break-words">{task.title}</span>
        <span className="mt-1 flex items-center gap-1.5 text-xs text-muted">
          <StatusDot tone={toneOf(task)} busy={isBusy(task.agentStatus)} />
          <span className="min-w-0 flex-1 truncate">{standing(task)}</span>
          {task.statusSince && <Since at={task.statusSince} />}
        </span>
        <span className="mt-1 block truncate text-xs text-muted">
          {task.project.name} · {task.agent}
        </span>
      </Link>
      {queued && <QueueMenu task={task} queue={queue} />}
    </div>
  )
})

/** The same as dragging, for keyboards and fingers. */
function QueueMenu({ task, queue }: { task: TaskCard; queue: Queue }) {
  return (
    <Menu
      trigger={
        <button type="button" aria-label={`Queue: ${task.title}`} className="size-6 shrink-0 rounded text-muted hover:bg-sunken">
          <EllipsisVertical size={15} aria-hidden className="mx-auto" />
        </button>
      }
    >
      <MenuItem onSelect={() => void queue.start(task.id)}>Start now</MenuItem>
      <MenuItem onSelect={() => queue.moveBy(task.id, -1)}>Move up</MenuItem>
      <MenuItem onSelect={() => queue.moveBy(task.id, 1)}>Move down</MenuItem>
      <MenuItem onSelect={() => void queue.moveTo(task.id, 0)}>Move to the top</MenuItem>
    </Menu>
  )
}

function useDragging(taskId: string, active: boolean, moveBeside: Queue["moveBeside"]) {
  const card = useRef<HTMLDivElement>(null)
  const [edge, setEdge] = useState<Edge | null>(null)
  const latest = useRef(moveBeside)
  useEffect(() => void (latest.current = moveBeside))
  useEffect(() => {
    const element = card.current
    if (!element || !active) return
    return combine(
      draggable({ element, getInitialData: () => draggedTask(taskId) }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => isDraggedTask(source.data) && source.data.taskId !== taskId,
        getData: ({ input }) => attachClosestEdge({}, { element, input, allowedEdges: ["top", "bottom"] }),
        onDrag: ({ self }) => setEdge(extractClosestEdge(self.data)),
        onDragLeave: () => setEdge(null),
        onDrop: ({ self, source }) => {
          setEdge(null)
          if (isDraggedTask(source.data)) latest.current(source.data.taskId, taskId, extractClosestEdge(self.data) === "bottom")
        },
      }),
    )
  }, [taskId, active])
  return { card, edge }
}
