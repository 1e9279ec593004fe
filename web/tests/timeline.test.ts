import { describe, expect, test } from "vitest"
import type { FeedEvent } from "@/api/feed"
import { timelineOf, type Item } from "@/timeline/items"

let count = 0
const event = (kind: string, data: unknown = {}): FeedEvent => ({
  cursor: String(++count),
  at: new Date(1_700_000_000_000 + count * 1_000).toISOString(),
  kind,
  taskId: "t1",
  source: "claude-hooks",
  data,
})
const only = (items: Item[]): Item => {
  expect(items).toHaveLength(1)
  return items[0]!
}

describe("what belongs together is one item", () => {
  test("a tool call and its result", () => {
    const call = { runId: "r", tool: "Bash", summary: "pytest", useId: "u1" }
    const item = only(
      timelineOf([event("agent.tool", { ...call, phase: "started" }), event("agent.tool", { ...call, phase: "failed", error: "exit 1", files: ["a.py"] })]),
    )
    expect(item).toMatchObject({ type: "tool", tool: "Bash", phase: "failed", error: "exit 1", files: ["a.py"] })
  })

  test("two calls of the same tool stay two", () => {
    const items = timelineOf([
      event("agent.tool", { tool: "Read", useId: "u1", phase: "started" }),
      event("agent.tool", { tool: "Read", useId: "u2", phase: "started" }),
      event("agent.tool", { tool: "Read", useId: "u1", phase: "finished" }),
    ])
    expect(items.map((item) => item.type === "tool" && item.phase)).toEqual(["finished", "started"])
  })

  test("a message and its states", () => {
    const message = { id: "m1", text: "Also add a test", author: "ann" }
    const item = only(
      timelineOf([event("message.queued", { ...message, state: "QUEUED" }), event("message.accepted", { ...message, state: "ACCEPTED" })]),
    )
    expect(item).toMatchObject({ type: "said", author: "ann", state: "ACCEPTED" })
  })

  test("a permission request and its answer", () => {
    const request = { id: "p1", toolName: "Bash", summary: "ls" }
    const item = only(
      timelineOf([
        event("permission.requested", { ...request, state: "PENDING" }),
        event("permission.resolved", { ...request, state: "DENIED", decidedBy: "ann", message: "no" }),
      ]),
    )
    expect(item).toMatchObject({ type: "permission", state: "DENIED", by: "ann", message: "no" })
  })

  test("a prompt that the agent echoes", () => {
    const items = timelineOf([
      event("run.started", { prompt: "Fix the\n  login" }),
      event("agent.prompt", { text: "Fix the login" }),
      event("message.queued", { id: "m1", text: "Now test it", author: "ann", state: "QUEUED" }),
      event("agent.prompt", { text: "Now test it" }),
      event("agent.prompt", { text: "typed by hand" }),
    ])
    expect(items.map((item) => (item.type === "said" ? item.text : item.type))).toEqual(["run", "Fix the\n  login", "Now test it", "typed by hand"])
  })
})

test("events of plugins and malformed data are shown as they are", () => {
  const items = timelineOf([event("github.review", { stars: 5 }), event("agent.tool", null), event("vcs.commit", "text")])
  expect(items.map(({ type }) => type)).toEqual(["other", "tool", "commit"])
  expect(items[0]).toMatchObject({ kind: "github.review", data: { stars: 5 } })
})

test("an end by itself or by a person is no trouble, a crash is", () => {
  const ends = timelineOf([event("run.ended", { end: "FINISHED" }), event("run.ended", { end: "CRASHED", signal: "SIGSEGV" })])
  expect(ends).toMatchObject([{ trouble: false }, { trouble: true, words: "Agent run crashed, signal SIGSEGV" }])
})

test("a tool without a result ends with its turn, a message is not said twice", () => {
  const items = timelineOf([
    event("message.queued", { id: "m1", text: "Go on", author: "ann", state: "QUEUED" }),
    event("run.started", { prompt: "Go on" }),
    event("agent.prompt", { text: "Go on" }),
    event("agent.tool", { tool: "Read", summary: "Read a.py", useId: "u1", phase: "started" }),
    event("agent.turn", { text: "Done" }),
  ])
  expect(items.map(({ type }) => type)).toEqual(["said", "run", "tool", "reply"])
  expect(items[2]).toMatchObject({ phase: "ended", summary: "a.py" })
})

test("documents an agent was told of are named once", () => {
  const documents = [{ path: "a.md" }, { path: "a.md" }, { path: "b.md" }]
  expect(timelineOf([event("document.given", { documents, leftOut: ["c"] }), event("document.given", { documents: [] })])).toMatchObject([
    { type: "given", paths: ["a.md", "b.md"], leftOut: 1 },
  ])
})

test("every item has a key of its own", () => {
  const items = timelineOf([event("run.started", { prompt: "Go" }), event("run.ended", {}), event("agent.turn", { text: "Done" })])
  expect(new Set(items.map(({ key }) => key)).size).toBe(items.length)
})
