import { Link } from "@tanstack/react-router"
import { Check, LoaderCircle, Minus, X } from "lucide-react"
import { Code } from "@/ui/Code"
import { clockText, duration } from "@/ui/time"
import type { ToolItem } from "./items"

const ICON = {
  started: <LoaderCircle size={14} className="animate-spin text-accent" aria-label="running" />,
  finished: <Check size={14} className="text-ok" aria-label="done" />,
  ended: <Minus size={14} className="text-muted" aria-label="no result reported" />,
  failed: <X size={14} className="text-danger" aria-label="failed" />,
}

/** A tool call with its result; its details open on demand. */
export function ToolCall({ taskId, worktree, item }: { taskId: string; worktree: string | null; item: ToolItem }) {
  const short = (text: string) => (worktree ? text.replaceAll(`${worktree}/`, "") : text)
  const took = item.endedAt ? Date.parse(item.endedAt) - Date.parse(item.at) : undefined
  return (
    <details className="rounded-md border border-line bg-surface text-sm">
      <summary className="flex cursor-pointer list-none items-center gap-2 px-3 py-1.5">
        {ICON[item.phase]}
        <span className="shrink-0 font-medium">{item.tool}</span>
        <code className="min-w-0 flex-1 truncate text-xs text-muted">{short(item.summary)}</code>
        {item.subagent && <span className="text-xs text-muted">subagent</span>}
        <span className="shrink-0 text-xs text-muted tabular-nums">
          {took !== undefined && took >= 1_000 ? duration(took) : clockText(item.at)}
        </span>
      </summary>
      <div className="flex flex-col gap-2 border-t border-line px-3 py-2">
        {item.summary && <Code text={item.summary} language={item.tool === "Bash" ? "bash" : undefined} />}
        {item.error && <p className="text-danger">{item.error}</p>}
        {item.files.length > 0 && (
          <ul className="font-mono text-xs">
            {item.files.map((file) => (
              <li key={file}>
                <Link to="/tasks/$taskId" params={{ taskId }} search={{ view: "changes" }} className="text-accent hover:underline">
                  {short(file)}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </details>
  )
}
