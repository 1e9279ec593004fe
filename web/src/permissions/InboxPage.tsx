import { Bell, BellOff } from "lucide-react"
import { toast } from "sonner"
import { useStore } from "@/api/store"
import { pendingPermissions, readPending } from "@/state/pendingPermissions"
import { Button } from "@/ui/Button"
import { Empty, Failure, Loading } from "@/ui/Notice"
import { Page } from "@/ui/Page"
import { desktopNotifications } from "@/ui/preferences"
import { AnsweredRequests } from "./AnsweredRequests"
import { BulkBar } from "./BulkBar"
import { notificationsPossible, switchNotifications } from "./notifications"
import { PermissionCard } from "./PermissionCard"
import { useInboxKeys } from "./useInboxKeys"

/** Every open question of every agent, oldest first. */
export function InboxPage() {
  const { requests, loaded, error } = useStore(pendingPermissions)
  const inbox = useInboxKeys(requests)
  return (
    <Page title="Inbox" actions={notificationsPossible() && <NotificationSwitch />}>
      {error && <Failure error={error} onRetry={readPending} />}
      {!loaded && !error && <Loading what="permission requests" />}
      {loaded && requests.length === 0 && (
        <Empty title="Nobody is waiting for you">
          When an agent asks for permission, the request appears here and in the title of this tab.
        </Empty>
      )}
      <div className="mx-auto flex max-w-3xl flex-col gap-3 p-4">
        {inbox.selected.size > 0 && <BulkBar ids={[...inbox.selected]} onDone={inbox.clear} onSelectAll={inbox.selected.size < requests.length ? inbox.selectAll : undefined} />}
        {requests.map((request) => (
          <PermissionCard
            key={request.id}
            request={request}
            showTask
            current={request.id === inbox.current}
            denying={request.id === inbox.denying}
            onDenying={(denying) => inbox.deny(denying ? request.id : undefined)}
            corner={
              <input
                type="checkbox"
                aria-label={`Select ${request.summary || request.toolName}`}
                checked={inbox.selected.has(request.id)}
                onChange={() => inbox.toggle(request.id)}
                className="size-4 accent-(--accent-fill)"
              />
            }
          />
        ))}
        <AnsweredRequests />
      </div>
    </Page>
  )
}

function NotificationSwitch() {
  const on = useStore(desktopNotifications) === "on"
  const flip = async () => {
    const now = await switchNotifications(!on)
    if (!on && !now) toast.error("This browser does not allow notifications from this page. Its site settings can change that.")
  }
  return (
    <Button kind="quiet" aria-pressed={on} onClick={() => void flip()}>
      {on ? <Bell size={16} aria-hidden /> : <BellOff size={16} aria-hidden />}
      Notifications {on ? "on" : "off"}
    </Button>
  )
}
