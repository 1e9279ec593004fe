/** Hunks of a change as agents report them. Pure. */

export type PatchHunk = { oldStart: number; newStart: number; lines: string[] }

export type PatchLine = { kind: "context" | "removed" | "added"; number: number; text: string }

const isHunk = (value: unknown): value is PatchHunk => {
  const { oldStart, newStart, lines } = (value ?? {}) as Partial<PatchHunk>
  return typeof oldStart === "number" && typeof newStart === "number" && Array.isArray(lines) && lines.every((line) => typeof line === "string")
}

export const readPatch = (value: unknown): PatchHunk[] => (Array.isArray(value) ? value.filter(isHunk) : [])

/** Lines with their number on the side on which they are: 1-based; removed ones are numbered as before. */
export function patchLines({ oldStart, newStart, lines }: PatchHunk): PatchLine[] {
  let [before, after] = [oldStart, newStart]
  return lines
    .filter((line) => !line.startsWith("\\"))
    .map((line) => {
      const text = line.slice(1)
      if (line.startsWith("-")) return { kind: "removed", number: before++, text }
      if (line.startsWith("+")) return { kind: "added", number: after++, text }
      before++
      return { kind: "context", number: after++, text }
    })
}

export function patchSize(hunks: readonly PatchHunk[]): { added: number; removed: number } {
  const lines = hunks.flatMap((hunk) => hunk.lines)
  return {
    added: lines.filter((line) => line.startsWith("+")).length,
    removed: lines.filter((line) => line.startsWith("-")).length,
  }
}
