import { connection } from "@/api/connection"
import { useStore } from "@/api/store"
import { ElapsedTime } from "./ElapsedTime"
import { StatusDot } from "./StatusDot"

const LOOK = {
  live: { tone: "ok", words: "Live" },
  connecting: { tone: "warn", words: "Connecting…" },
  offline: { tone: "danger", words: "Offline" },
} as const

/** Whether what is on the page is current. */
export function ConnectionState() {
  const { link } = useStore(connection)
  const { tone, words } = LOOK[link]
  return (
    <p role="status" data-link={link} className="flex items-center gap-2 text-xs text-muted">
      <StatusDot tone={tone} busy={link === "connecting"} />
      {words}
    </p>
  )
}

/** Says across the page that it shows old data, since when, and that it goes on by itself. */
export function OfflineBanner() {
  const { link, since } = useStore(connection)
  if (link !== "offline") return null
  return (
    <p role="alert" className="bg-warn-soft px-4 py-1.5 text-center text-sm text-warn">
      The server cannot be reached since <ElapsedTime at={new Date(since).toISOString()} />. What you see may be old; agents go
      on working, and this page catches up by itself.
    </p>
  )
}
