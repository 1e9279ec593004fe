import { useEffect, type ReactNode } from "react"
import { ConnectionState } from "./ConnectionState"
import { nameTab } from "./tabTitle"

type PageProps = { title: string; heading?: ReactNode; actions?: ReactNode; children: ReactNode }

/** A page: its heading bar, its content, and the name of the browser's tab. */
export function Page({ title, heading, actions, children }: PageProps) {
  useEffect(() => nameTab(title), [title])
  return (
    <main id="content" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col outline-none">
      <header className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-surface px-4 py-2">
        <h1 className="min-w-0 flex-1 basis-40 text-base font-semibold break-words">{heading ?? title}</h1>
        <div className="md:hidden">
          <ConnectionState />
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <div data-scroller className="min-h-0 flex-1 overflow-y-auto">{children}</div>
    </main>
  )
}
