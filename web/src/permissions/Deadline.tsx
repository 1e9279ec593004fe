import type { Permission } from "@/state/pendingPermissions"
import { outcomeWords, useProfiles } from "@/state/profiles"
import { useNow } from "@/ui/ElapsedTime"
import { duration, fullText } from "@/ui/time"

/** What becomes of a request that nobody answers, where its task's profile says so. */
export function Deadline({ request: { expiresAt, task } }: { request: Permission }) {
  const now = useNow()
  const { profiles } = useProfiles()
  if (!expiresAt) return null
  const outcome = outcomeWords(profiles.find(({ name }) => name === task.permissionProfile)?.onTimeout)
  const left = Date.parse(expiresAt) - now
  return (
    <span className="text-xs font-medium text-warn" title={fullText(expiresAt)}>
      {left > 0 ? `${outcome} in ${duration(left)}` : `being ${outcome}`}
    </span>
  )
}
