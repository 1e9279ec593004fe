import { describe, expect, test } from "vitest"
import { continued, joined } from "@/system/useEventLog"

const event = (cursor: string) => ({ cursor, at: "2026-01-01T00:00:00Z", kind: "task.created", taskId: null, source: "token", data: {} })
const cursors = (events: readonly { cursor: string }[]) => events.map(({ cursor }) => cursor)

describe("the log's events", () => {
  test("are each there once, the newer ones in front", () => {
    expect(cursors(joined([event("3")], [event("3"), event("2")]))).toEqual(["3", "2"])
  })

  test("that came while a page was read are in front of it", () => {
    expect(cursors(continued([event("2"), event("1")], [event("4"), event("3")]))).toEqual(["4", "3", "2", "1"])
  })

  test("that came while a page was read and are in it stay in its order", () => {
    expect(cursors(continued([event("3"), event("2"), event("1")], [event("2")]))).toEqual(["3", "2", "1"])
  })
})
