import { counted } from "@/ui/time"
import type { TaskCard } from "./taskCard"

/** How many lines a task's branch added and removed so far. */
export function Changed({ task: { addedLines, removedLines, changedFiles } }: { task: Pick<TaskCard, "addedLines" | "removedLines" | "changedFiles"> }) {
  if (!addedLines && !removedLines) return null
  return (
    <span className="whitespace-nowrap tabular-nums" title={changedFiles === null ? undefined : `in ${counted(changedFiles, "file")}`}>
      <span className="text-ok">+{addedLines ?? 0}</span> <span className="text-danger">−{removedLines ?? 0}</span>
    </span>
  )
}
