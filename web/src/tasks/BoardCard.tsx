import { Link } from "@tanstack/react-router"
import { EllipsisVertical } from "lucide-react"
import { memo, useRef } from "react"
import { isBusy, statusText, toneOf } from "@/state/attention"
import type { TaskCard } from "@/state/taskCard"
import { useWait } from "@/state/wait"
import { ChangedLines } from "@/ui/ChangedLines"
import { classes } from "@/ui/classes"
import { Cost } from "@/ui/Cost"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { Menu, MenuItem } from "@/ui/Menu"
import { StatusDot } from "@/ui/StatusDot"
import { EDGE_LINE, useSortable } from "@/ui/useSortable"
import { carriedTask } from "./carriedTask"
import type { useQueue } from "./useQueue"

type Queue = ReturnType<typeof useQueue>

type BoardCardProps = { task: TaskCard; selected: boolean; onSelect: (id: string) => void; queue: Queue }

export const BoardCard = memo(function BoardCard({ task, selected, onSelect, queue }: BoardCardProps) {
  const queued = task.status === "PENDING" || task.status === "WAITING"
  const card = useRef<HTMLDivElement>(null)
  const edge = useSortable(card, { id: task.id, carried: carriedTask, active: queued, onDropBeside: queue.moveBeside })
  return (
    <div
      ref={card}
      data-task={task.id}
      data-selected={selected}
      className={classes(
        "group relative flex gap-2 rounded-lg border border-line bg-surface p-2.5 hover:border-control data-[selected=true]:border-accent",
        queued && "md:cursor-grab",
        edge && EDGE_LINE[edge],
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
          <span className={task.status === "WAITING" ? "line-clamp-2 min-w-0 flex-1" : "min-w-0 flex-1 truncate"}>{statusText(task)}</span>
          {task.statusSince && <ElapsedTime at={task.statusSince} />}
        </span>
        <span className="mt-1 flex gap-2 text-xs text-muted">
          <span className="min-w-0 flex-1 truncate">
            {task.project.name} · {task.agent}
          </span>
          <Cost usage={task} />
          <ChangedLines change={task} />
        </span>
      </Link>
      {queued && <QueueMenu task={task} queue={queue} />}
    </div>
  )
})

/** The same as dragging, for keyboards and fingers. */
function QueueMenu({ task, queue }: { task: TaskCard; queue: Queue }) {
  const wait = useWait(task)
  return (
    <Menu
      trigger={
        <button type="button" aria-label={`Queue: ${task.title}`} className="size-6 shrink-0 rounded text-muted hover:bg-sunken">
          <EllipsisVertical size={15} aria-hidden className="mx-auto" />
        </button>
      }
    >
      {wait !== "start" && <MenuItem onSelect={() => void queue.start(task.id)}>{wait === "limit" ? "Go on now" : "Start now"}</MenuItem>}
      {wait !== "limit" && (
        <>
          <MenuItem onSelect={() => queue.moveBy(task.id, -1)}>Move up</MenuItem>
          <MenuItem onSelect={() => queue.moveBy(task.id, 1)}>Move down</MenuItem>
          <MenuItem onSelect={() => queue.moveToTop(task.id)}>Move to the top</MenuItem>
        </>
      )}
      {wait === "start" && <MenuItem onSelect={() => void queue.unqueue(task.id)}>Take out of the queue</MenuItem>}
    </Menu>
  )
}
