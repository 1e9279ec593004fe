import { useNow } from "@/ui/Since"
import { duration, fullText } from "@/ui/time"
import type { Permission } from "./pending"
import { deadlineOf, useProfiles } from "./profiles"

/** What becomes of a request that nobody answers, where its profile says so. */
export function Deadline({ request }: { request: Permission }) {
  const now = useNow()
  const { profiles } = useProfiles()
  const deadline = deadlineOf(request.createdAt, profiles.find(({ name }) => name === request.task.permissionProfile))
  if (!deadline) return null
  const left = deadline.at - now
  return (
    <span className="text-xs font-medium text-warn" title={fullText(new Date(deadline.at).toISOString())}>
      {left > 0 ? `${deadline.outcome} in ${duration(left)}` : `being ${deadline.outcome}`}
    </span>
  )
}
