import { describe, expect, test } from "vitest"
import type { TaskCard } from "@/state/taskCard"
import { filterTasks, groupTasks, queueOrder, readFilter, sortTasks } from "@/tasks/filters"
import { createInput, EMPTY_DRAFT } from "@/tasks/newTask"
import { reorder } from "@/tasks/priorities"
import { sharedActions } from "@/tasks/SelectionBar"
import { readBudget } from "@/ui/BudgetField"

const task = (id: string, part: Partial<TaskCard> = {}): TaskCard => ({
  id,
  title: `Task ${id}`,
  priority: 0,
  status: "PENDING",
  agentStatus: "STOPPED",
  activity: null,
  statusSource: null,
  statusSince: null,
  agent: "claude",
  branch: null,
  addedLines: null,
  removedLines: null,
  changedFiles: null,
  waitingFor: null,
  waitUntil: null,
  costUsd: null,
  budgetUsd: null,
  inputTokens: null,
  outputTokens: null,
  createdAt: `2026-01-01T00:00:0${id.length}Z`,
  project: { id: "p", name: "shop" },
  ...part,
})
const ids = (tasks: readonly { id: string }[]) => tasks.map(({ id }) => id)

test("what is started next stands first, then what waits for a limit, then what nobody has started", () => {
  const tasks = [
    task("later", { priority: 100 }),
    task("limit2", { status: "WAITING", waitUntil: "2026-01-02T00:00:00Z" }),
    task("second", { status: "WAITING" }),
    task("limit1", { status: "WAITING", waitUntil: "2026-01-01T00:00:00Z" }),
    task("first", { status: "WAITING", priority: -5 }),
    task("asks", { status: "RUNNING", agentStatus: "WAITING" }),
  ]
  expect(ids(sortTasks(tasks, "attention", ["first", "second"]))).toEqual(["asks", "first", "second", "limit1", "limit2", "later"])
})

describe("the queue", () => {
  const queue = [task("a", { priority: 20 }), task("b", { priority: 10 }), task("c", { priority: 10, createdAt: "2026-01-02" }), task("d")]

  function after(id: string, index: number): string[] {
    const changes = new Map(reorder(queue, id, index).map((change) => [change.id, change.priority]))
    return ids(queue.map((each) => ({ ...each, priority: changes.get(each.id) ?? each.priority })).toSorted(queueOrder))
  }

  test.each([
    ["d", 0, "dabc"],
    ["a", 3, "bcda"],
    ["d", 1, "adbc"],
    ["a", 1, "bacd"],
    ["d", 2, "abdc"],
    ["b", 1, "abcd"],
  ])("%s to place %d gives %s", (id, index, expected) => {
    expect(after(id, index).join("")).toBe(expected)
  })

  test("with room between its neighbours only the moved one changes", () => {
    expect(reorder(queue, "d", 1)).toEqual([{ id: "d", priority: 15 }])
  })

  test("an unknown task moves nothing", () => {
    expect(reorder(queue, "x", 0)).toEqual([])
  })
})

describe("what is shown", () => {
  const tasks = [
    task("a", { status: "RUNNING", agentStatus: "EDITING", activity: "Editing auth.py", statusSince: "2026-01-03" }),
    task("b", { status: "RUNNING", agentStatus: "WAITING", statusSince: "2026-01-02", project: { id: "q", name: "compiler" } }),
    task("c", { status: "RUNNING", agentStatus: "WAITING", statusSince: "2026-01-01", agent: "aider" }),
    task("d"),
  ]

  test("every word must be somewhere in the task", () => {
    expect(ids(filterTasks(tasks, { q: "AUTH editing" }))).toEqual(["a"])
    expect(ids(filterTasks(tasks, { q: "compiler" }))).toEqual(["b"])
    expect(filterTasks(tasks, { q: "auth nothing" })).toEqual([])
    expect(ids(filterTasks(tasks, { project: "p", agent: "aider" }))).toEqual(["c"])
  })

  test("who waits longest comes first", () => {
    expect(ids(sortTasks(tasks))).toEqual(["c", "b", "a", "d"])
  })

  test("groups are in the order of attention, or of names", () => {
    expect(groupTasks(tasks).map(({ title }) => title)).toEqual(["Needs you", "Working", "Queued"])
    expect(groupTasks(tasks, "project").map(({ title, tasks: members }) => [title, members.length])).toEqual([
      ["compiler", 1],
      ["shop", 3],
    ])
    expect(groupTasks(tasks, "none")).toHaveLength(1)
  })

  test("an address with nonsense is an address without a filter", () => {
    expect(readFilter({ q: "x", sort: "sideways", group: 5, project: "" })).toEqual({ q: "x" })
  })
})

test("a selection offers what fits at least one of its tasks, with the count", () => {
  const offers = sharedActions([task("a"), task("b"), task("c", { status: "RUNNING", agentStatus: "THINKING" })])
  const counts = Object.fromEntries(offers.map(({ action, tasks }) => [action.name, tasks.length]))
  expect(counts).toMatchObject({ start: 2, delete: 2, interrupt: 1, complete: 1 })
})

test("what a draft leaves open is left to the server", () => {
  expect(createInput({ ...EMPTY_DRAFT, title: "  Fix it ", agent: "aider" }, "p", "key")).toEqual({
    title: "Fix it",
    description: "",
    runMode: "INTERACTIVE",
    budgetUsd: null,
    projectId: "p",
    agent: "aider",
    vcsBackend: null,
    sessionBackend: null,
    permissionProfile: null,
    clientMutationId: "key",
  })
})

test.each([["", null], ["  ", null], ["2.50", 2.5], ["2,5", 2.5], ["abc", null]])("a budget of %j is %j", (text, usd) => {
  expect(readBudget(text)).toBe(usd)
})
