import { useId, useState, type KeyboardEvent } from "react"
import { classes } from "./classes"
import { Field } from "./Field"
import { fuzzyFind } from "./fuzzy"

const MOST = 8

type DocumentFinderProps = {
  label: string
  documents: readonly { path: string; title: string }[]
  onChoose: (path: string) => void
}

/** Finds a document by letters of its path or title. */
export function DocumentFinder({ label, documents, onChoose }: DocumentFinderProps) {
  const [query, setQuery] = useState("")
  const [active, setActive] = useState(0)
  const listId = useId()
  const found = query.trim() ? fuzzyFind(query, documents, ({ path, title }) => `${path} ${title}`, MOST) : []

  const choose = (path: string | undefined) => {
    if (!path) return
    onChoose(path)
    setQuery("")
    setActive(0)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setActive(Math.min(Math.max(active + step, 0), found.length - 1))
    else if (event.key === "Enter" && !event.ctrlKey) choose(found[active]?.path)
    else if (event.key === "Escape" && query) setQuery("")
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <Field label={label}>
      {(id) => (
        <div className="relative">
          <input
            id={id}
            role="combobox"
            aria-expanded={found.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
            autoComplete="off"
            placeholder="Search by path or title"
            value={query}
            onChange={(event) => (setQuery(event.target.value), setActive(0))}
            onKeyDown={onKeyDown}
            className="w-full rounded-md border border-control bg-surface px-2.5 py-1.5 text-sm placeholder:text-muted"
          />
          <div
            id={listId}
            role="listbox"
            aria-label="Documents"
            className={classes("mt-1 rounded-md border border-line bg-surface shadow", found.length === 0 && "hidden")}
          >
            {found.map(({ path, title }, index) => (
              <div
                key={path}
                id={`${listId}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                onClick={() => choose(path)}
                className="cursor-pointer px-2.5 py-1 text-sm hover:bg-sunken aria-selected:bg-accent-soft"
              >
                <span className="font-mono text-xs">{path}</span> <span className="text-muted">{title}</span>
              </div>
            ))}
          </div>
        </div>
      )}
    </Field>
  )
}
