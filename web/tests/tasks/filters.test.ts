import { describe, expect, test } from "vitest"
import { filterTasks, groupTasks, readFilter, sortTasks } from "@/tasks/filters"
import { taskCard as task } from "../support/taskCard"

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
