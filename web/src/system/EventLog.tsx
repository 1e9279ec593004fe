import { useEffect, useState } from "react"
import { onEvent, type FeedEvent } from "@/api/feed"
import { Code } from "@/ui/Code"
import { Since } from "@/ui/Since"
import { Section } from "./Section"

const MOST = 100

/** What happens on the server while this page is open, whatever its kind. */
export function EventLog() {
  const [events, setEvents] = useState<readonly FeedEvent[]>([])
  useEffect(() => onEvent((event) => setEvents((was) => [event, ...was].slice(0, MOST))), [])
  return (
    <Section title="Events">
      {events.length === 0 && <p className="text-sm text-muted">What happens from now on appears here.</p>}
      {events.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
          {events.map((event) => (
            <li key={event.cursor}>
              <details>
                <summary className="flex cursor-pointer items-center gap-3 px-4 py-1.5">
                  <span className="font-mono text-xs">{event.kind}</span>
                  <span className="min-w-0 flex-1 truncate text-xs text-muted">{event.source}</span>
                  <span className="text-xs text-muted">
                    <Since at={event.at} />
                  </span>
                </summary>
                <div className="px-4 pb-2">
                  <Code text={JSON.stringify(event.data, null, 2)} language="json" />
                </div>
              </details>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
