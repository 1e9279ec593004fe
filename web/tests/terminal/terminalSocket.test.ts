import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { TerminalSocket, type TerminalNote } from "@/terminal/terminalSocket"

/** A fake of the browser's WebSocket that a test plays the server on; the real one is in tests/web/. */
class FakeSocket {
  static readonly OPEN = 1
  static made: FakeSocket[] = []
  readyState = FakeSocket.OPEN
  sent: (string | Uint8Array)[] = []
  onopen?: () => void
  onmessage?: (event: { data: string | ArrayBuffer }) => void
  onclose?: (event: { code: number }) => void

  constructor(readonly url: string) {
    FakeSocket.made.push(this)
  }
  send(data: string | Uint8Array) {
    this.sent.push(data)
  }
  close(code = 1000) {
    this.onclose?.({ code })
  }
  note(note: TerminalNote) {
    this.onmessage?.({ data: JSON.stringify(note) })
  }
  bytes(count: number) {
    this.onmessage?.({ data: new ArrayBuffer(count) })
  }
}

const start = (runId: string, offset: number): TerminalNote => ({ type: "start", runId, offset, cols: 80, rows: 24 })

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("WebSocket", FakeSocket)
  FakeSocket.made = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function open() {
  const notes: string[] = []
  const socket = new TerminalSocket("t1", { onNote: ({ type }) => notes.push(type), onBytes: () => {}, onLink: () => {} })
  return { socket, notes, latest: () => FakeSocket.made.at(-1)! }
}

test("a lost connection goes on at the byte it had reached", async () => {
  const { latest } = open()
  latest().note(start("r1", 0))
  latest().bytes(100)
  latest().note({ type: "truncated", from: 100, to: 500 })
  latest().bytes(7)
  latest().close(1006)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(FakeSocket.made).toHaveLength(2)
  expect(latest().url).toMatch(/\/terminal\/t1\?after=507$/)
})

test("a run that began meanwhile is asked for from its first byte", async () => {
  const { latest, notes } = open()
  latest().note(start("r1", 0))
  latest().bytes(100)
  latest().close(1006)
  await vi.advanceTimersByTimeAsync(1_000)
  latest().note(start("r2", 100))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(latest().url).toMatch(/after=0$/)
  latest().note(start("r2", 0))
  expect(notes).toEqual(["start", "start"])
})

test("a large paste goes in frames that the server takes, in order", () => {
  const { socket, latest } = open()
  const text = "abcdefgh".repeat(10_000)
  socket.input(text)
  const frames = latest().sent as Uint8Array[]
  expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024)
  expect(frames.map((frame) => new TextDecoder().decode(frame)).join("")).toBe(text)
})

test("a task that does not exist, a login that is over and a closed view are not tried again", async () => {
  for (const code of [4404, 4401, 4403]) {
    open().latest().close(code)
  }
  const { socket } = open()
  socket.close()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(FakeSocket.made).toHaveLength(4)
})
