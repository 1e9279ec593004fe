import { Link } from "@tanstack/react-router"
import { useState } from "react"
import type { FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"
import { PermissionFragment, type Permission } from "@/state/pendingPermissions"
import { Badge, type Tone } from "@/ui/Badge"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { Loaded } from "@/ui/Notice"

const AllQuery = graphql(`query AllPermissions { permissionRequests(state: null) { ...Permission } }`, [PermissionFragment])

const concerns = (event: FeedEvent) => event.kind === "permission.resolved"

const MOST = 50
const TONES: Record<string, Tone> = { ALLOWED: "ok", DENIED: "danger" }

/** What was answered before, and by whom. */
export function AnsweredRequests() {
  const [open, setOpen] = useState(false)
  return (
    <details className="mt-4 text-sm" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-muted">Answered before</summary>
      {open && <Answers />}
    </details>
  )
}

function Answers() {
  const [state] = useLiveQuery(AllQuery, {}, concerns)
  return (
    <Loaded state={state} what="answered requests">
      {(data) => {
        const answered = data.permissionRequests.filter((request) => request.state !== "PENDING").slice(-MOST)
        if (answered.length === 0) return <p className="py-3 text-muted">None yet.</p>
        return (
          <ul className="mt-2 divide-y divide-line rounded-lg border border-line bg-surface">
            {answered.toReversed().map((request) => (
              <Answered key={request.id} request={request} />
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}

function Answered({ request }: { request: Permission }) {
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-0.5 px-3 py-1.5">
      <Badge tone={TONES[request.state] ?? "neutral"}>{request.state.toLowerCase()}</Badge>
      <span className="min-w-0 flex-1 truncate">{request.summary || request.toolName}</span>
      <span className="text-xs text-muted">
        {request.decidedBy && `${request.decidedBy}, `}
        {request.decidedAt && <ElapsedTime at={request.decidedAt} suffix=" ago" />}
      </span>
      <Link to="/tasks/$taskId" params={{ taskId: request.task.id }} className="w-full truncate text-xs text-accent hover:underline">
        {request.task.title}
      </Link>
    </li>
  )
}
