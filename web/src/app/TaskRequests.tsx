import { PermissionCard } from "@/permissions/PermissionCard"
import type { Permission } from "@/state/pendingPermissions"

/** What the task's agent asks permission for; above everything else, because it waits. */
export function TaskRequests({ requests }: { requests: readonly Permission[] }) {
  if (requests.length === 0) return null
  return (
    <section
      aria-label="Permission requests"
      tabIndex={0}
      className="flex max-h-[45dvh] shrink-0 flex-col gap-3 overflow-y-auto border-b border-line p-4"
    >
      {requests.map((request) => (
        <PermissionCard key={request.id} request={request} />
      ))}
    </section>
  )
}
