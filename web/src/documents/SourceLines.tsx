import { useState, type MouseEvent } from "react"
import { Button } from "@/ui/Button"

type Range = { from: number; to: number }

/** The lines chosen by going from `anchor` to `line`. Pure. */
export function rangeTo(anchor: number | undefined, line: number): Range {
  const start = anchor ?? line
  return { from: Math.min(start, line), to: Math.max(start, line) }
}

type SourceLinesProps = { content: string; onReference: (startLine: number, endLine: number) => void }

/** The source with numbers: choose a line, then another with Shift, and give them to a task. */
export function SourceLines({ content, onReference }: SourceLinesProps) {
  const [anchor, setAnchor] = useState<number>()
  const [range, setRange] = useState<Range>()
  const choose = (line: number) => (event: MouseEvent) => {
    if (!event.shiftKey) setAnchor(line)
    setRange(rangeTo(event.shiftKey ? anchor : undefined, line))
  }
  const lines = content.replace(/\n$/, "").split("\n")
  return (
    <div className="rounded-lg border border-line bg-surface">
      <div className="sticky top-0 flex min-h-11 items-center gap-3 border-b border-line bg-surface px-3 text-sm">
        {range ? (
          <>
            <p>{range.from === range.to ? `Line ${range.from}` : `Lines ${range.from} to ${range.to}`}</p>
            <Button size="small" kind="primary" onClick={() => onReference(range.from, range.to)}>
              Give to a task…
            </Button>
          </>
        ) : (
          <p className="text-muted">Choose a line by its number, then another with Shift.</p>
        )}
      </div>
      <ol className="overflow-x-auto py-1 font-mono text-xs leading-relaxed">
        {lines.map((line, index) => (
          <li
            key={index}
            data-chosen={range !== undefined && index + 1 >= range.from && index + 1 <= range.to}
            className="flex data-[chosen=true]:bg-accent-soft"
          >
            <button
              type="button"
              aria-label={`Line ${index + 1}`}
              onClick={choose(index + 1)}
              className="w-12 shrink-0 pr-3 text-right text-muted hover:text-accent"
            >
              {index + 1}
            </button>
            <span className="whitespace-pre">{line || " "}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}
