import { Link } from "@tanstack/react-router"
import { useState, type ReactNode } from "react"
import type { Permission } from "@/state/pendingPermissions"
import { Badge } from "@/ui/Badge"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { Deadline } from "./Deadline"
import { RequestBody } from "./RequestBody"
import { kindWords, titleOf } from "./requestText"

type PermissionCardProps = {
  request: Permission
  /** Name the task: in the inbox, not on the task's own page. */
  showTask?: boolean
  /** The one that keys act on. */
  current?: boolean
  denying?: boolean
  onDenying?: (denying: boolean) => void
  corner?: ReactNode
}

export function PermissionCard({ request, showTask, current, denying, onDenying, corner }: PermissionCardProps) {
  const [ownDenying, setOwnDenying] = useState(false)
  return (
    <article
      aria-label={`Permission: ${request.summary || request.toolName}`}
      aria-current={current || undefined}
      data-request={request.id}
      tabIndex={-1}
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4 outline-offset-0 aria-[current]:border-accent"
    >
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {corner}
        <Badge tone="warn" title={request.toolName}>
          {kindWords(request)}
        </Badge>
        <h2 className="min-w-0 flex-1 font-medium break-words">
          {titleOf(request)}
        </h2>
        <Deadline request={request} />
        <span className="text-xs text-muted">
          {request.agentRef && "subagent, "}
          <ElapsedTime at={request.createdAt} suffix=" ago" />
        </span>
      </header>
      {showTask && (
        <p className="-mt-2 text-sm text-muted">
          <Link to="/tasks/$taskId" params={{ taskId: request.task.id }} className="text-accent hover:underline">
            {request.task.title}
          </Link>{" "}
          · {request.task.project.name} · {request.task.agent}
        </p>
      )}
      <RequestBody request={request} denying={denying ?? ownDenying} onDenying={onDenying ?? setOwnDenying} />
    </article>
  )
}
