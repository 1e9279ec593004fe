/** A unified diff as files with counted lines. Pure. */
import { parseDiff, type ChangeData, type FileData } from "react-diff-view"

export type DiffFile = { path: string; oldPath?: string; data: FileData; added: number; removed: number; binary: boolean }

export function diffFiles(diff: string): DiffFile[] {
  if (!diff.trim()) return []
  return parseDiff(diff, { nearbySequences: "zip" }).map((data) => {
    const changes = data.hunks.flatMap((hunk) => hunk.changes)
    return {
      path: data.type === "delete" ? data.oldPath : data.newPath,
      oldPath: data.oldPath !== data.newPath && data.type !== "add" && data.type !== "delete" ? data.oldPath : undefined,
      data,
      added: changes.filter((change) => change.type === "insert").length,
      removed: changes.filter((change) => change.type === "delete").length,
      binary: isBinary(data),
    }
  })
}

/** The id of an empty file, in every repository that names its objects by SHA-1. */
const EMPTY_BLOB = "e69de29"

/** The parser passes over "Binary files differ": contents that changed without a line of text are binary. */
function isBinary({ hunks, oldRevision, newRevision }: FileData): boolean {
  const contents = [oldRevision, newRevision].filter((id) => id && !/^0+$/.test(id) && !id.startsWith(EMPTY_BLOB))
  return hunks.length === 0 && contents.length > 0 && oldRevision !== newRevision
}

/** Where a changed line is, on the side on which a person sees it. */
export function placeOf(change: ChangeData): { side: "old" | "new"; line: number } {
  if (change.type === "delete") return { side: "old", line: change.lineNumber }
  return { side: "new", line: change.type === "insert" ? change.lineNumber : change.newLineNumber }
}

export function totals(files: readonly DiffFile[]): { added: number; removed: number } {
  return files.reduce((sum, { added, removed }) => ({ added: sum.added + added, removed: sum.removed + removed }), { added: 0, removed: 0 })
}
