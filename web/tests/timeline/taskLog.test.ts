import { expect, test } from "vitest"
import type { FeedEvent } from "@/api/feed"
import { TaskLog, type LogPage, type LogState } from "@/timeline/taskLog"

const event = (number: number, taskId = "t"): FeedEvent => ({
  cursor: `e${number}`,
  at: "2026-01-01T00:00:00Z",
  kind: "message.queued",
  taskId,
  source: "token",
  data: {},
})

/** A server whose answers are given one by one, each as the log was when it was asked. */
function scripted() {
  const stored: FeedEvent[] = []
  const asked: (() => void)[] = []
  const shown: string[][] = []
  const page = (after: string | null) =>
    new Promise<LogPage<string>>((answer) => {
      const start = after === null ? 0 : stored.findIndex((one) => one.cursor === after) + 1
      const events = stored.slice(start, start + 2)
      const more = start + 2 < stored.length
      asked.push(() => answer({ events, end: events.at(-1)?.cursor ?? after, more }))
    })
  const log = new TaskLog("t", page, (state: LogState<string>) => void shown.push(state.events.map((one) => one.cursor)))
  const give = async () => {
    asked.shift()?.()
    await Promise.resolve()
    await new Promise((done) => setTimeout(done))
  }
  return { stored, asked, shown, log, give }
}

test("reads all pages, and what the feed brings meanwhile comes after them, once", async () => {
  const { stored, shown, log, give } = scripted()
  stored.push(event(1), event(2), event(3))
  const reading = log.read()
  stored.push(event(4))
  log.live(event(4))
  log.live(event(5, "another task"))
  await give()
  await give()
  await reading
  expect(shown.at(-1)).toEqual(["e1", "e2", "e3", "e4"])
  log.live(event(6))
  expect(shown.at(-1)).toEqual(["e1", "e2", "e3", "e4", "e6"])
})

test("asked for again while it reads it reads once more: the page under way is older than that", async () => {
  const { stored, shown, log, give, asked } = scripted()
  stored.push(event(1))
  const reading = log.read()
  stored.push(event(2)) // nobody told: the feed was away
  void log.read()
  await give()
  expect(asked).toHaveLength(1)
  await give()
  await reading
  expect(shown.at(-1)).toEqual(["e1", "e2"])
})

test("a page that cannot be read is told, and what is known stays", async () => {
  const states: LogState<string>[] = []
  const log = new TaskLog("t", async () => ({ events: [], end: null, more: false, failure: "offline" }), (state) => void states.push(state))
  await log.read()
  expect(states.at(-1)).toEqual({ events: [], loaded: false, failure: "offline" })
})
