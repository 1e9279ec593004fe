import { Link } from "@tanstack/react-router"
import { Check, LoaderCircle, Minus, X } from "lucide-react"
import { useState } from "react"
import { Code } from "@/ui/Code"
import { patchSize } from "@/ui/hunks"
import { Patch } from "@/ui/Patch"
import { clockText, duration } from "@/ui/time"
import { ToolInput } from "@/ui/ToolInput"
import type { ToolItem } from "./item"

const ICON = {
  started: <LoaderCircle size={14} className="animate-spin text-accent" aria-label="running" />,
  finished: <Check size={14} className="text-ok" aria-label="done" />,
  ended: <Minus size={14} className="text-muted" aria-label="no result reported" />,
  failed: <X size={14} className="text-danger" aria-label="failed" />,
}

/** Edits of at most this many changed lines are shown without being asked for. */
const SMALL_EDIT = 24

type ToolCallProps = { taskId: string; worktree: string | null; item: ToolItem }

/** A tool call with its result; its details open on demand. */
export function ToolCall({ taskId, worktree, item }: ToolCallProps) {
  const short = (text: string) => (worktree ? text.replaceAll(`${worktree}/`, "") : text)
  const took = item.endedAt ? Date.parse(item.endedAt) - Date.parse(item.at) : undefined
  const { added, removed } = patchSize(item.patch)
  const [chosen, choose] = useState<boolean>()
  const open = chosen ?? (added + removed > 0 && added + removed <= SMALL_EDIT)
  return (
    <details open={open} onToggle={(event) => event.currentTarget.open !== open && choose(event.currentTarget.open)} className="rounded-md border border-line bg-surface text-sm">
      <summary className="flex cursor-pointer list-none items-center gap-2 px-3 py-1.5">
        {ICON[item.phase]}
        <span className="shrink-0 font-medium">{item.tool}</span>
        <code className="min-w-0 flex-1 truncate text-xs text-muted">{short(item.summary)}</code>
        {item.subagent && <span className="text-xs text-muted">subagent</span>}
        {added + removed > 0 && (
          <span className="shrink-0 text-xs tabular-nums">
            <span className="text-ok">+{added}</span> <span className="text-danger">−{removed}</span>
          </span>
        )}
        <span className="shrink-0 text-xs text-muted tabular-nums">
          {took !== undefined && took >= 1_000 ? duration(took) : clockText(item.at)}
        </span>
      </summary>
      {open && <Details taskId={taskId} item={item} short={short} />}
    </details>
  )
}

function Details({ taskId, item, short }: { taskId: string; item: ToolItem; short: (text: string) => string }) {
  return (
    <div className="flex flex-col gap-2 border-t border-line px-3 py-2">
      {item.patch.length > 0 ? (
        <Patch hunks={item.patch} label={`Change of ${short(item.summary)}`} />
      ) : (
        <Asked item={item} />
      )}
      {item.phase === "failed" && <p className="break-words whitespace-pre-wrap text-danger">{item.result ?? item.error ?? "It failed."}</p>}
      {item.phase !== "failed" && item.result && item.patch.length === 0 && <Result text={item.result} />}
      {item.truncated && <p className="text-xs text-muted">Too long to be kept whole: this is a part of it.</p>}
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
  )
}

/** What the tool was asked; a path that stands in the heading already is not said twice. */
function Asked({ item }: { item: ToolItem }) {
  if (item.input === null) return item.summary ? <Code text={item.summary} language={item.kind === "RUN" ? "bash" : undefined} /> : null
  const onlyPath = item.kind === "READ" && Object.keys(item.input as object).length === 1
  return onlyPath ? null : <ToolInput input={item.input} />
}

function Result({ text }: { text: string }) {
  return (
    <figure>
      <figcaption className="mb-1 text-xs text-muted">Result</figcaption>
      <div className="max-h-80 overflow-y-auto">
        <Code text={text} />
      </div>
    </figure>
  )
}
