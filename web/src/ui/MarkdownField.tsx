import { useId, useState } from "react"
import { Button } from "./Button"
import { Markdown } from "./Markdown"

type MarkdownFieldProps = { label: string; hint?: string; rows?: number; value: string; onChange: (value: string) => void }

/** A Markdown text with a preview. */
export function MarkdownField({ label, hint, rows = 8, value, onChange }: MarkdownFieldProps) {
  const [preview, setPreview] = useState(false)
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-end justify-between gap-2">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        <Button size="small" kind="quiet" aria-pressed={preview} disabled={!value.trim()} onClick={() => setPreview(!preview)}>
          {preview ? "Write" : "Preview"}
        </Button>
      </div>
      {preview ? (
        <div className="max-h-80 min-h-40 overflow-y-auto rounded-md border border-line bg-canvas px-3 py-2">
          <Markdown text={value} />
        </div>
      ) : (
        <textarea
          id={id}
          rows={rows}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className="w-full rounded-md border border-control bg-surface px-2.5 py-1.5 font-mono text-sm"
        />
      )}
      {hint && <p className="text-xs text-muted">{hint}</p>}
    </div>
  )
}
