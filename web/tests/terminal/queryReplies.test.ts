import { Terminal } from "@xterm/xterm"
import { expect, test } from "vitest"
import { muteReplies } from "@/terminal/queryReplies"

const QUERIES = [
  "\x1b[c", "\x1b[>c", "\x1b[=c", "\x1b[5n", "\x1b[6n", "\x1b[?6n", "\x1b[?2026$p", "\x1b[4$p", "\x1b[>q", "\x1b[?u",
  "\x1b[18t", "\x1b]10;?\x07", "\x1b]11;?\x1b\\", "\x1b]4;1;?\x07", "\x1bP$qm\x1b\\", "\x1bP+q544e\x1b\\", "\x1b]52;c;?\x07",
]

async function repliesTo(output: string, muted: boolean): Promise<string[]> {
  const terminal = new Terminal({ allowProposedApi: true })
  const replies: string[] = []
  terminal.onData((data) => replies.push(data))
  if (muted) muteReplies(terminal)
  await new Promise<void>((written) => terminal.write(output, written))
  terminal.dispose()
  return replies
}

test.each(QUERIES)("nothing is typed back for %j", async (query) => {
  expect(await repliesTo(query, true)).toEqual([])
})

test("without muting, xterm.js does answer", async () => {
  expect(await repliesTo("\x1b[c\x1b[6n", false)).toHaveLength(2)
})

test("text and colours still arrive", async () => {
  const terminal = new Terminal({ allowProposedApi: true })
  muteReplies(terminal)
  await new Promise<void>((written) => terminal.write("\x1b[?1049h\x1b[1;31mred\x1b[0m", written))
  expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("red")
  expect(terminal.buffer.active.type).toBe("alternate")
})
