import { ArrowDown, ArrowUp, Pencil, X } from "lucide-react"
import { useRef, useState, type ComponentProps, type KeyboardEvent } from "react"
import { Badge } from "@/ui/Badge"
import { Button } from "@/ui/Button"
import { classes } from "@/ui/classes"
import { Carried, EDGE_LINE, useSortable } from "@/ui/useSortable"
import type { MessageQueue } from "./useMessageQueue"

const carriedMessage = new Carried()

type QueuedMessageProps = { message: { id: string; text: string }; queue: MessageQueue; first: boolean; last: boolean }

/** One waiting message: dragged to another place, or moved, changed and taken back by its buttons. */
export function QueuedMessage({ message: { id, text }, queue, first, last }: QueuedMessageProps) {
  const [editing, setEditing] = useState(false)
  const line = useRef<HTMLLIElement>(null)
  const edge = useSortable(line, { id, carried: carriedMessage, active: !editing, onDropBeside: queue.moveBeside })
  return (
    <li ref={line} data-message={id} className={classes("rounded-md", !editing && "md:cursor-grab", edge && EDGE_LINE[edge])}>
      {editing ? (
        <MessageEditor text={text} busy={queue.busy} onSave={async (next) => (await queue.update(id, next)) && setEditing(false)} onCancel={() => setEditing(false)} />
      ) : (
        <div className="flex items-center gap-2">
          <Badge tone="warn">queued</Badge>
          <span title={text} className="min-w-0 flex-1 truncate">
            {text}
          </span>
          <div className="flex shrink-0">
            <Tool label="Move up" disabled={first || queue.busy} onClick={() => queue.moveBy(id, -1)}>
              <ArrowUp size={14} aria-hidden />
            </Tool>
            <Tool label="Move down" disabled={last || queue.busy} onClick={() => queue.moveBy(id, 1)}>
              <ArrowDown size={14} aria-hidden />
            </Tool>
            <Tool label="Edit" disabled={queue.busy} onClick={() => setEditing(true)}>
              <Pencil size={14} aria-hidden />
            </Tool>
            <Tool label="Remove" disabled={queue.busy} onClick={() => queue.remove(id)}>
              <X size={14} aria-hidden />
            </Tool>
          </div>
        </div>
      )}
    </li>
  )
}

function Tool({ label, ...rest }: ComponentProps<typeof Button> & { label: string }) {
  return <Button kind="quiet" size="small" className="min-w-8" {...rest} aria-label={label} title={label} />
}

type MessageEditorProps = { text: string; busy: boolean; onSave: (text: string) => void; onCancel: () => void }

function MessageEditor({ text, busy, onSave, onCancel }: MessageEditorProps) {
  const [draft, setDraft] = useState(text)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel()
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (draft.trim() && !busy) onSave(draft)
  }
  return (
    <div className="flex items-end gap-2 py-1">
      <textarea
        autoFocus
        aria-label="Queued message"
        rows={Math.min(8, draft.split("\n").length + 1)}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        className="min-h-9 flex-1 resize-none rounded-md border border-control bg-surface px-3 py-1.5 text-sm"
      />
      <Button size="small" kind="primary" disabled={busy || !draft.trim()} onClick={() => onSave(draft)}>
        Save
      </Button>
      <Button size="small" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  )
}
