/** What stands in a terminal, as text. Pure. */

type Line = { isWrapped: boolean; translateToString: (trimRight?: boolean) => string }
type Buffer = { length: number; getLine: (index: number) => Line | undefined }

/** All lines from the oldest kept; a line that was wrapped is one again, and empty ones at the end are left out. */
export function textOf(buffer: Buffer): string {
  const lines: string[] = []
  for (let index = 0; index < buffer.length; index++) {
    const line = buffer.getLine(index)
    if (!line) continue
    if (line.isWrapped && lines.length > 0) lines.push(lines.pop() + line.translateToString(true))
    else lines.push(line.translateToString(true))
  }
  return lines.join("\n").trimEnd()
}
