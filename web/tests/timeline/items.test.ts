import { describe, expect, test } from "vitest"
import type { FeedEvent } from "@/api/feed"
import { timelineOf, type Item } from "@/timeline/items"
import { patchLines, patchSize, readPatch } from "@/ui/hunks"

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
    const call = { runId: "r", toolName: "Bash", summary: "pytest", useId: "u1" }
    const item = only(
      timelineOf([event("agent.tool", { ...call, phase: "start" }), event("agent.tool", { ...call, phase: "failed", error: "exit 1", files: ["a.py"] })]),
    )
    expect(item).toMatchObject({ type: "tool", tool: "Bash", phase: "failed", error: "exit 1", files: ["a.py"] })
  })

  test("two calls of the same tool stay two", () => {
    const items = timelineOf([
      event("agent.tool", { toolName: "Read", useId: "u1", phase: "start" }),
      event("agent.tool", { toolName: "Read", useId: "u2", phase: "start" }),
      event("agent.tool", { toolName: "Read", useId: "u1", phase: "end" }),
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
    event("agent.tool", { toolName: "Read", summary: "Read a.py", useId: "u1", phase: "start" }),
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

describe("tools, texts and messages in full", () => {
  const hunk = { oldStart: 4, oldLines: 2, newStart: 4, newLines: 2, lines: [" def a():", "-    return 1", "+    return 2", "\\ No newline at end of file"] }

  test("an edit keeps what it was asked and how the file changed", () => {
    const item = only(
      timelineOf([
        event("agent.tool", { phase: "start", toolName: "Edit", toolKind: "EDIT", summary: "Edit a.py", useId: "u1", input: { file_path: "a.py", old_string: "1", new_string: "2" } }),
        event("agent.tool", { phase: "end", toolName: "Edit", useId: "u1", patch: [hunk, "nonsense"], result: "ok", files: ["a.py"] }),
      ]),
    )
    expect(item).toMatchObject({ tool: "Edit", kind: "EDIT", phase: "finished", summary: "a.py", patch: [hunk], result: "ok", input: { new_string: "2" } })
    expect(patchSize(readPatch([hunk]))).toEqual({ added: 1, removed: 1 })
    expect(patchLines(hunk)).toEqual([
      { kind: "context", number: 4, text: "def a():" },
      { kind: "removed", number: 5, text: "    return 1" },
      { kind: "added", number: 5, text: "    return 2" },
    ])
  })

  test("a text that ends its turn is said once", () => {
    const items = timelineOf([
      event("agent.text", { text: "Looking around." }),
      event("agent.text", { text: "All done." }),
      event("agent.turn", { text: "All  done." }),
      event("agent.turn", { text: "All done." }),
    ])
    expect(items.map((item) => item.type === "reply" && item.text)).toEqual(["Looking around.", "All done.", undefined, "All done."])
  })

  test("a queued message that is edited and then removed", () => {
    const item = only(
      timelineOf([
        event("message.queued", { id: "m1", text: "Fix it", author: "ann", state: "QUEUED" }),
        event("message.updated", { id: "m1", text: "Fix it well" }),
        event("message.removed", { id: "m1" }),
      ]),
    )
    expect(item).toMatchObject({ type: "said", text: "Fix it well", state: "REMOVED" })
  })

  test("an approved plan says how the agent goes on", () => {
    const events = [
      event("permission.requested", { id: "p1", toolName: "ExitPlanMode", summary: "Plan: Do it", state: "PENDING" }),
      event("permission.resolved", { id: "p1", state: "ALLOWED", afterPlan: "ACCEPT_EDITS" }),
    ]
    expect(timelineOf(events)).toMatchObject([{ type: "permission", state: "ALLOWED", goesOn: "accepting edits" }])
  })

  test("answers to questions stand with their question; rules are no requests", () => {
    const items = timelineOf([
      event("permission.requested", { id: "p1", toolName: "AskUserQuestion", state: "PENDING" }),
      event("permission.resolved", { id: "p1", state: "ALLOWED", answers: { "Which?": ["Red", "Blue"], "Why?": "so" } }),
      event("permission.rule_added", { id: "r1", toolName: "Bash", summary: "Bash(git:*)" }),
      event("message.reordered", { ids: ["m2", "m1"] }),
      event("run.usage", { inputTokens: 1200, outputTokens: 300, costUsd: 0.5 }),
    ])
    expect(items).toMatchObject([
      { type: "permission", answers: [["Which?", "Red, Blue"], ["Why?", "so"]] },
      { type: "status", words: "Permission rule added: Bash(git:*)" },
      { type: "status" },
      { type: "status", words: "Used so far: 1.5k tokens, $0.50" },
    ])
  })
})
