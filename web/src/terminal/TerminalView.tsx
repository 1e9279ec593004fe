import "@xterm/xterm/css/xterm.css"
import { ArrowDown, ArrowUp } from "lucide-react"
import { useRef, useState, type KeyboardEvent } from "react"
import { useStore } from "@/api/store"
import { terminalText } from "@/app/preferences"
import { IconButton } from "@/ui/Button"
import { Checkbox } from "@/ui/Field"
import { useTerminal, type TerminalState } from "./useTerminal"

type TerminalViewProps = { taskId: string; attachCommand: string | null }

/** The task's terminal, live: typing goes to the agent. */
export default function TerminalView({ taskId, attachCommand }: TerminalViewProps) {
  const host = useRef<HTMLDivElement>(null)
  const { state, wired } = useTerminal(taskId, host)
  const asText = useStore(terminalText) === "on"
  const [wanted, setWanted] = useState("")
  const find = (forward: boolean) => {
    const search = wired.current?.search
    if (forward) search?.findNext(wanted)
    else search?.findPrevious(wanted)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") find(event.shiftKey)
  }
  return (
    <div className="flex h-full min-h-64 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1 text-xs text-muted">
        <p role="status" data-terminal-exit tabIndex={-1} className="min-w-0 flex-1">
          {words(state)} <span className="hidden lg:inline">Ctrl+Shift+E leaves the terminal, Ctrl+Shift+C copies.</span>
        </p>
        {attachCommand && <code className="hidden max-w-md truncate xl:inline">{attachCommand}</code>}
        <Checkbox
          label={<span className="text-xs">Screen reader</span>}
          checked={asText}
          onChange={(event) => terminalText.set(event.target.checked ? "on" : "off")}
        />
        <input
          type="search"
          data-terminal-search
          aria-label="Search in the terminal"
          placeholder="Search"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          onKeyDown={onKeyDown}
          className="w-32 rounded border border-control bg-surface px-2 py-1 placeholder:text-muted"
        />
        <IconButton label="Previous match" onClick={() => find(false)}>
          <ArrowUp size={14} aria-hidden />
        </IconButton>
        <IconButton label="Next match" onClick={() => find(true)}>
          <ArrowDown size={14} aria-hidden />
        </IconButton>
      </div>
      <div ref={host} data-testid="terminal" aria-busy={state.link === "connecting"} className="min-h-0 flex-1 overflow-auto bg-(--terminal) p-2" />
    </div>
  )
}

function words({ link, ended, problem, truncated }: TerminalState): string {
  if (problem) return problem
  if (link === "lost") return "The terminal's connection is lost; trying again…"
  if (link === "connecting") return "Connecting to the terminal…"
  if (ended) return "This run is over; the terminal stays for the next one."
  if (truncated) return `Live. The first ${truncated.toLocaleString()} bytes were too old to be kept.`
  return "Live."
}
