import { Paperclip } from "lucide-react"
import type { Heading } from "./documentQueries"

type OutlineProps = { headings: readonly Heading[]; onReference: (heading: Heading) => void }

/** The document's headings: go to one, or give its section to a task. */
export function Outline({ headings, onReference }: OutlineProps) {
  if (headings.length === 0) return null
  return (
    <nav aria-label="Outline">
      <ul className="flex flex-col text-sm">
        {headings.map((heading) => (
          <li key={heading.slug} className="group flex items-center gap-1" style={{ paddingLeft: `${(heading.level - 1) * 0.75}rem` }}>
            <a
              href={`#${heading.slug}`}
              onClick={(event) => {
                event.preventDefault()
                document.getElementById(heading.slug)?.scrollIntoView({ block: "start" })
              }}
              className="min-h-7 min-w-0 flex-1 truncate rounded px-1.5 py-1 hover:bg-sunken"
            >
              {heading.text}
            </a>
            <button
              type="button"
              aria-label={`Give the section ${heading.text} to a task`}
              title="Give this section to a task"
              onClick={() => onReference(heading)}
              className="flex size-7 shrink-0 items-center justify-center rounded text-muted hover:bg-sunken hover:text-ink"
            >
              <Paperclip size={13} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}
