import { agentWords, isBusy, taskWords, toneOf } from "@/state/attention"
import type { TaskStatus } from "@/state/taskCard"
import { Badge, type Tone } from "@/ui/Badge"
import { ChangedLines } from "@/ui/ChangedLines"
import { Cost, isOverBudget } from "@/ui/Cost"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { StatusDot } from "@/ui/StatusDot"
import { costText, fullText } from "@/ui/time"
import type { TaskDetail } from "./taskQuery"

const STATUS_TONE: Record<TaskStatus, Tone> = {
  PENDING: "neutral",
  RUNNING: "accent",
  WAITING: "warn",
  COMPLETED: "ok",
  FAILED: "danger",
}

/** Both statuses of a task and why: what was observed, by whom, and since when. */
export function TaskStatusBar({ task }: { task: TaskDetail }) {
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm" data-agent-status={task.agentStatus}>
      <Badge tone={STATUS_TONE[task.status]}>{taskWords(task.status)}</Badge>
      <span className="inline-flex items-center gap-1.5">
        <StatusDot tone={toneOf(task)} busy={isBusy(task.agentStatus)} />
        {task.activity || agentWords(task.agentStatus)}
      </span>
      {task.status === "WAITING" && task.waitingFor && (
        <span>
          waits for {task.waitingFor}
          {task.waitUntil && <span className="text-muted"> ({fullText(task.waitUntil)})</span>}
        </span>
      )}
      {(task.statusSource || task.statusSince) && (
        <span className="text-xs text-muted">
          {task.statusSince && (
            <>
              for <ElapsedTime at={task.statusSince} />
            </>
          )}
          {task.statusSource && `, source: ${task.statusSource}`}
        </span>
      )}
      <span className="ml-auto flex gap-3 text-xs">
        <ChangedLines change={task} />
        <Cost usage={task} />
        {task.budgetUsd !== null && <span className="-ml-2 text-muted">of {costText(task.budgetUsd)}</span>}
      </span>
      {isOverBudget(task) && (
        <p className="w-full text-danger">
          The budget is used up: the agent is given no further message until it is raised (Details, Edit).
        </p>
      )}
      {task.error && <p className="w-full text-danger">{task.error}</p>}
    </div>
  )
}
