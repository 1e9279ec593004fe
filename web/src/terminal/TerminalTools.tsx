import { ArrowDown, ArrowUp, Copy } from "lucide-react"
import { useState, type KeyboardEvent, type RefObject } from "react"
import { toast } from "sonner"
import { useStore } from "@/api/store"
import { IconButton } from "@/ui/Button"
import { Checkbox } from "@/ui/Field"
import { terminalText } from "@/ui/preferences"
import { textOf } from "./bufferText"
import type { TerminalParts } from "./xterm"

type Found = { index: number; count: number }

/** Colours of matches: xterm.js counts them only when it marks them. */
const MARKS = {
  matchOverviewRuler: "#b97f00",
  activeMatchColorOverviewRuler: "#2f62dd",
  matchBackground: "#f0c35a",
  activeMatchBackground: "#f59e0b",
}

/** Search, copy, and the terminal as text. */
export function TerminalTools({ wired }: { wired: RefObject<TerminalParts | undefined> }) {
  const asText = useStore(terminalText) === "on"
  const [wanted, setWanted] = useState("")
  const [found, setFound] = useState<Found>()
  const find = (text: string, forward: boolean, incremental = false) => {
    const search = wired.current?.search
    if (!search) return
    if (!text) {
      search.clearDecorations()
      return setFound(undefined)
    }
    const listening = search.onDidChangeResults(({ resultIndex, resultCount }) => setFound({ index: resultIndex, count: resultCount }))
    if (forward) search.findNext(text, { decorations: MARKS, incremental })
    else search.findPrevious(text, { decorations: MARKS })
    listening.dispose()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") find(wanted, !event.shiftKey)
    if (event.key === "Escape") wired.current?.terminal.focus()
  }
  const onWanted = (text: string) => {
    setWanted(text)
    find(text, true, true)
  }
  return (
    <>
      <Checkbox
        label={<span className="text-xs">Screen reader</span>}
        checked={asText}
        onChange={(event) => terminalText.set(event.target.checked ? "on" : "off")}
      />
      <div className="flex items-center">
        <input
          type="search"
          data-terminal-search
          aria-label="Search in the terminal"
          placeholder="Search"
          value={wanted}
          onChange={(event) => onWanted(event.target.value)}
          onKeyDown={onKeyDown}
          className="w-28 rounded border border-control bg-surface px-2 py-1 placeholder:text-muted"
        />
        <span role="status" aria-label="Matches" className="min-w-10 px-1 text-center tabular-nums">
          {found && (found.count === 0 ? "none" : `${found.index + 1}/${found.count}`)}
        </span>
        <IconButton label="Previous match" onClick={() => find(wanted, false)}>
          <ArrowUp size={14} aria-hidden />
        </IconButton>
        <IconButton label="Next match" onClick={() => find(wanted, true)}>
          <ArrowDown size={14} aria-hidden />
        </IconButton>
        <IconButton label="Copy the selection, or everything" onClick={() => void copy(wired.current)}>
          <Copy size={14} aria-hidden />
        </IconButton>
      </div>
    </>
  )
}

async function copy(parts: TerminalParts | undefined): Promise<void> {
  if (!parts) return
  const selected = parts.terminal.getSelection()
  try {
    await navigator.clipboard.writeText(selected || textOf(parts.terminal.buffer.active))
    toast.success(selected ? "The selection is copied." : "Everything in the terminal is copied.")
  } catch {
    toast.error("This browser does not let the page copy. Select the text and copy it by hand.")
  }
}
