import { Link } from "@tanstack/react-router"
import { FileText, Inbox, LayoutDashboard, LogOut, Settings2 } from "lucide-react"
import type { ComponentType } from "react"
import { signOut } from "@/api/http"
import { useStore } from "@/api/store"
import { pendingPermissions } from "@/state/pendingPermissions"
import { IconButton } from "@/ui/Button"
import { ConnectionState } from "@/ui/ConnectionState"

type Place = { to: "/" | "/inbox" | "/documents" | "/system"; label: string; Icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }> }

const PLACES: Place[] = [
  { to: "/", label: "Tasks", Icon: LayoutDashboard },
  { to: "/inbox", label: "Inbox", Icon: Inbox },
  { to: "/documents", label: "Documents", Icon: FileText },
  { to: "/system", label: "System", Icon: Settings2 },
]

/** A column beside the page; on a phone, a bar below it. */
export function Navigation() {
  const waiting = useStore(pendingPermissions).requests.length
  return (
    <nav
      aria-label="Main"
      className="order-last flex shrink-0 items-center border-t border-line bg-surface md:order-first md:w-44 md:flex-col md:items-stretch md:border-t-0 md:border-r md:p-3"
    >
      <p className="mb-4 hidden px-2 text-base font-semibold md:block">Chorus</p>
      <ul className="flex flex-1 justify-around md:flex-none md:flex-col md:gap-1">
        {PLACES.map((place) => (
          <li key={place.to}>
            <PlaceLink {...place} count={place.to === "/inbox" ? waiting : 0} />
          </li>
        ))}
      </ul>
      <div className="hidden items-center justify-between px-2 md:mt-auto md:flex">
        <ConnectionState />
        <IconButton label="Sign out" onClick={() => void signOut()}>
          <LogOut size={16} aria-hidden />
        </IconButton>
      </div>
    </nav>
  )
}

function PlaceLink({ to, label, Icon, count }: Place & { count: number }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === "/", includeSearch: false }}
      className="relative flex min-h-11 flex-col items-center justify-center gap-0.5 rounded-md px-3 py-1 text-xs text-muted hover:text-ink data-[status=active]:text-accent md:min-h-9 md:flex-row md:justify-start md:gap-2.5 md:px-2 md:text-sm md:hover:bg-sunken md:data-[status=active]:bg-accent-soft"
    >
      <Icon size={18} aria-hidden />
      <span>{label}</span>
      {count > 0 && (
        <span className="rounded-full bg-warn-soft px-1.5 text-xs font-semibold text-warn max-md:absolute max-md:top-0.5 max-md:left-1/2 max-md:ml-2 md:ml-auto">
          {count}
          <span className="sr-only"> waiting</span>
        </span>
      )}
    </Link>
  )
}
