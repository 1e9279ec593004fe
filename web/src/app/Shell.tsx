import { Outlet, useNavigate } from "@tanstack/react-router"
import { useEffect } from "react"
import { Toaster } from "sonner"
import { connection } from "@/api/connection"
import { useStore } from "@/api/store"
import { notifyOf } from "@/permissions/notifications"
import { pendingPermissions } from "@/state/pendingPermissions"
import { OfflineBanner } from "@/ui/ConnectionState"
import { countInTab } from "@/ui/tabTitle"
import { Navigation } from "./Navigation"
import { Overlays } from "./Overlays"
import { SignedOut } from "./SignedOut"
import { useShortcuts } from "./useShortcuts"

/** What surrounds every page. */
export function Shell() {
  const { signedOut } = useStore(connection)
  const { requests } = useStore(pendingPermissions)
  const navigate = useNavigate()
  useEffect(() => {
    countInTab(requests.length)
    notifyOf(requests, (taskId) => void navigate({ to: "/tasks/$taskId", params: { taskId } }))
  }, [requests, navigate])
  useShortcuts()
  if (signedOut) return <SignedOut />
  return (
    <div className="flex h-dvh flex-col">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-3">
        Skip to content
      </a>
      <OfflineBanner />
      <div className="flex min-h-0 flex-1 flex-col md:flex-row">
        <Navigation />
        <Outlet />
      </div>
      <Overlays />
      <Toaster theme="system" position="bottom-right" closeButton />
    </div>
  )
}
