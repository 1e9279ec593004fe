import { Plus } from "lucide-react"
import { useMemo, useState, type KeyboardEvent, type ReactNode } from "react"
import { Decoration, Diff, getChangeKey, Hunk, type ChangeData, type RenderGutter } from "react-diff-view"
import { Badge } from "@/ui/Badge"
import { commentKey, type Comment } from "./comments"
import { CommentForm } from "./CommentForm"
import { placeOf, type DiffFile } from "./diffFiles"
import { highlightedTokens } from "./highlightedTokens"

/** Files with more changed lines than this open only when asked. */
const LARGE = 800

type FileDiffProps = {
  file: DiffFile
  split: boolean
  comments: ReadonlyMap<string, Comment>
  onComment: (comment: Comment) => void
}

export function FileDiff({ file, split, comments, onComment }: FileDiffProps) {
  const [open, setOpen] = useState(file.added + file.removed <= LARGE)
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="overflow-hidden rounded-lg border border-line bg-surface"
    >
      <summary className="flex cursor-pointer items-center gap-3 bg-sunken px-3 py-2 text-sm">
        <span className="min-w-0 flex-1 font-mono text-xs break-all">
          {file.oldPath && `${file.oldPath} → `}
          {file.path}
        </span>
        {file.data.type !== "modify" && <Badge>{file.data.type}</Badge>}
        <span className="text-xs text-ok">+{file.added}</span>
        <span className="text-xs text-danger">−{file.removed}</span>
      </summary>
      {open && (file.binary ? <p className="p-3 text-sm text-muted">A binary file.</p> : <Lines {...{ file, split, comments, onComment }} />)}
    </details>
  )
}

function Lines({ file, split, comments, onComment }: FileDiffProps) {
  const [writing, setWriting] = useState<string>()
  const tokens = useMemo(() => highlightedTokens(file), [file])
  const widgets: Record<string, ReactNode> = {}
  for (const change of file.data.hunks.flatMap((hunk) => hunk.changes)) {
    const place = { file: file.path, ...placeOf(change) }
    const comment = comments.get(commentKey(place))
    const key = getChangeKey(change)
    if (!comment && key !== writing) continue
    const done = () => setWriting(undefined)
    const save = (text: string) => (onComment({ ...place, code: change.content, text }), done())
    widgets[key] = <CommentForm key={key} text={comment?.text ?? ""} editing={key === writing} onEdit={() => setWriting(key)} onSave={save} onCancel={done} />
  }
  return (
    <div className="overflow-x-auto" onKeyDown={moveBetweenLines}>
      <Diff
        viewType={split ? "split" : "unified"}
        diffType={file.data.type}
        hunks={file.data.hunks}
        tokens={tokens}
        widgets={widgets}
        renderGutter={commentGutter(file, setWriting)}
      >
        {(hunks) =>
          hunks.flatMap((hunk) => [
            <Decoration key={`${hunk.content} head`}>
              <p className="bg-accent-soft px-3 py-0.5 font-mono text-xs text-muted">{hunk.content}</p>
            </Decoration>,
            <Hunk key={hunk.content} hunk={hunk} />,
          ])
        }
      </Diff>
    </div>
  )
}

/** Line numbers, with a button on the line's own side that starts a comment. */
function commentGutter(file: DiffFile, onWrite: (key: string) => void): RenderGutter {
  const first = file.data.hunks[0]?.changes[0]
  return ({ change, side, renderDefault }) => (
    <span className="group relative block">
      {renderDefault()}
      {placeOf(change).side === side && <CommentButton change={change} reachable={change === first} onWrite={onWrite} />}
    </span>
  )
}

type CommentButtonProps = { change: ChangeData; reachable: boolean; onWrite: (key: string) => void }

function CommentButton({ change, reachable, onWrite }: CommentButtonProps) {
  const { side, line } = placeOf(change)
  return (
    <button
      type="button"
      data-comment-line
      tabIndex={reachable ? 0 : -1}
      aria-label={`Comment on line ${line}${side === "old" ? " before the change" : ""}`}
      onClick={() => onWrite(getChangeKey(change))}
      className="absolute -right-1 -top-px z-10 rounded bg-accent-fill p-0.5 text-white opacity-0 group-hover:opacity-100 focus:opacity-100 [tr:hover_&]:opacity-100"
    >
      <Plus size={12} aria-hidden />
    </button>
  )
}

/** One tab stop per file: arrow keys go from line to line. */
function moveBetweenLines(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step || !(event.target instanceof HTMLElement) || !event.target.matches("[data-comment-line]")) return
  event.preventDefault()
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-comment-line]")]
  lines[lines.indexOf(event.target) + step]?.focus()
}
