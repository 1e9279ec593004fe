import { Link } from "@tanstack/react-router"
import { memo } from "react"
import { isBusy, statusText, toneOf } from "@/state/attention"
import type { TaskCard } from "@/state/taskCard"
import { ChangedLines } from "@/ui/ChangedLines"
import { Cost } from "@/ui/Cost"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { StatusDot } from "@/ui/StatusDot"

type TaskRowProps = { task: TaskCard; selected: boolean; onSelect: (id: string) => void }

export const TaskRow = memo(function TaskRow({ task, selected, onSelect }: TaskRowProps) {
  return (
    <div
      className="flex items-center gap-3 border border-t-0 border-line bg-surface pl-3 first:border-t hover:bg-sunken data-[selected=true]:bg-accent-soft"
      data-selected={selected}
    >
      <input
        type="checkbox"
        aria-label={`Select ${task.title}`}
        checked={selected}
        onChange={() => onSelect(task.id)}
        className="size-4 shrink-0 accent-(--accent-fill)"
      />
      <Link
        to="/tasks/$taskId"
        params={{ taskId: task.id }}
        className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 py-2.5 pr-4 sm:flex-nowrap"
      >
        <StatusDot tone={toneOf(task)} busy={isBusy(task.agentStatus)} />
        <span className="min-w-0 flex-1 truncate text-sm font-medium">{task.title}</span>
        <span className="order-last flex w-full min-w-0 gap-2 pl-5 text-sm text-muted sm:order-none sm:w-2/5 sm:pl-0">
          <span className="min-w-0 flex-1 truncate">{statusText(task)}</span>
          <span className="flex shrink-0 gap-2 text-xs sm:hidden">
            <Cost usage={task} />
            <ChangedLines change={task} />
          </span>
        </span>
        <span className="hidden w-16 shrink-0 text-right text-xs md:inline">
          <Cost usage={task} />
        </span>
        <span className="hidden w-24 shrink-0 text-right text-xs sm:inline">
          <ChangedLines change={task} />
        </span>
        <span className="hidden w-24 shrink-0 truncate text-xs text-muted lg:inline">{task.project.name}</span>
        <span className="hidden w-20 shrink-0 truncate text-xs text-muted lg:inline">{task.agent}</span>
        <span className="w-16 shrink-0 text-right text-xs text-muted">{task.statusSince && <ElapsedTime at={task.statusSince} />}</span>
      </Link>
    </div>
  )
})
