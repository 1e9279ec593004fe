import { useState } from "react"
import { Button } from "@/ui/Button"

type CommentFormProps = { text: string; editing: boolean; onEdit: () => void; onSave: (text: string) => void; onCancel: () => void }

/** A comment below its line: as text, or being written. */
export function CommentForm({ text, editing, onEdit, onSave, onCancel }: CommentFormProps) {
  const [draft, setDraft] = useState(text)
  if (!editing) {
    return (
      <div className="flex items-start gap-2 border-y border-line bg-accent-soft px-4 py-2 font-sans text-sm">
        <p className="min-w-0 flex-1 whitespace-pre-wrap">{text}</p>
        <Button size="small" onClick={onEdit}>
          Edit
        </Button>
        <Button size="small" kind="quiet" onClick={() => onSave("")}>
          Remove
        </Button>
      </div>
    )
  }
  return (
    <div className="flex flex-col gap-2 border-y border-line bg-accent-soft px-4 py-3 font-sans">
      <textarea
        autoFocus
        rows={3}
        aria-label="Comment"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel()
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSave(draft)
        }}
        className="rounded-md border border-control bg-surface px-2.5 py-1.5 text-sm"
      />
      <div className="flex gap-2">
        <Button size="small" kind="primary" disabled={!draft.trim()} onClick={() => onSave(draft)}>
          Keep the comment
        </Button>
        <Button size="small" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  )
}
