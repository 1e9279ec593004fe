import "@xterm/xterm/css/xterm.css"
import { Scaling } from "lucide-react"
import { useRef } from "react"
import { Button } from "@/ui/Button"
import { TerminalTools } from "./TerminalTools"
import { useTerminal, type TerminalState } from "./useTerminal"

type TerminalViewProps = { taskId: string; attachCommand: string | null }

/** The task's terminal, live: typing goes to the agent. */
export default function TerminalView({ taskId, attachCommand }: TerminalViewProps) {
  const host = useRef<HTMLDivElement>(null)
  const { state, wired } = useTerminal(taskId, host)
  return (
    <div className="flex min-h-64 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1 text-xs text-muted">
        <p role="status" data-terminal-exit tabIndex={-1} className="min-w-0 flex-1">
          {words(state)} <span className="hidden 2xl:inline">Ctrl+Shift+E leaves the terminal, Ctrl+Shift+C copies.</span>
        </p>
        {attachCommand && <code className="hidden max-w-md truncate xl:inline">{attachCommand}</code>}
        <TerminalTools wired={wired} />
      </div>
      {state.sizedBy === "other" && <OtherSize state={state} onTake={() => wired.current?.screen.take()} />}
      <div ref={host} data-testid="terminal" aria-busy={state.link === "connecting"} className="min-h-0 flex-1 overflow-auto bg-(--terminal) p-2" />
    </div>
  )
}

/** Another window is the one the terminal was made to fit; this one can become it. */
function OtherSize({ state, onTake }: { state: TerminalState; onTake: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line bg-sunken px-3 py-1 text-xs">
      <p role="status" className="min-w-0 flex-1">
        Another window sets the size{state.size && `: ${state.size.cols} × ${state.size.rows}`}.
      </p>
      <Button size="small" onClick={onTake}>
        <Scaling size={13} aria-hidden /> Fit to this window
      </Button>
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
