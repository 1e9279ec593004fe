/** Desktop notifications for permission requests: by consent, and gone when the request is answered anywhere. */
import type { Permission } from "@/state/pendingPermissions"
import { desktopNotifications } from "@/ui/preferences"

const shown = new Map<string, Notification>()
/** Requests that were there before anybody could have missed them are not news. */
let known: Set<string> | undefined

export const notificationsPossible = (): boolean => "Notification" in window

/** Which requests are new, and which shown ones are no longer waiting. Pure. */
export function changes(requests: readonly Pick<Permission, "id">[], before: ReadonlySet<string>) {
  const now = new Set(requests.map(({ id }) => id))
  return {
    now,
    fresh: requests.filter(({ id }) => !before.has(id)).map(({ id }) => id),
    gone: [...before].filter((id) => !now.has(id)),
  }
}

export async function switchNotifications(on: boolean): Promise<boolean> {
  const allowed = on && (await Notification.requestPermission()) === "granted"
  desktopNotifications.set(allowed ? "on" : "off")
  return allowed
}

/** `open` shows the request's task: called when a notification is clicked. */
export function notifyOf(requests: readonly Permission[], open: (taskId: string) => void): void {
  const { now, fresh, gone } = changes(requests, known ?? new Set(requests.map(({ id }) => id)))
  known = now
  for (const id of gone) {
    shown.get(id)?.close()
    shown.delete(id)
  }
  if (desktopNotifications.get() !== "on" || !notificationsPossible() || document.hasFocus()) return
  for (const request of requests) if (fresh.includes(request.id)) show(request, open)
}

function show(request: Permission, open: (taskId: string) => void): void {
  const body = `${request.task.title}\n${request.summary}`
  const notification = new Notification(`${request.toolName}: may it?`, { body, tag: request.id })
  notification.addEventListener("click", () => {
    window.focus()
    open(request.task.id)
    notification.close()
  })
  shown.set(request.id, notification)
}
