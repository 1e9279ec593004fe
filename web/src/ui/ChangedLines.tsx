import { counted } from "./time"

type ChangedLinesProps = { change: { addedLines: number | null; removedLines: number | null; changedFiles: number | null } }

/** How many lines were added and removed, and in how many files. */
export function ChangedLines({ change: { addedLines, removedLines, changedFiles } }: ChangedLinesProps) {
  if (!addedLines && !removedLines) return null
  return (
    <span className="whitespace-nowrap tabular-nums" title={changedFiles === null ? undefined : `in ${counted(changedFiles, "file")}`}>
      <span className="text-ok">+{addedLines ?? 0}</span> <span className="text-danger">−{removedLines ?? 0}</span>
    </span>
  )
}
