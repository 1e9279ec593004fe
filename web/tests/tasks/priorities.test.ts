import { describe, expect, test } from "vitest"
import { queueOrder } from "@/tasks/filters"
import { reorder } from "@/tasks/priorities"
import { taskCard as task } from "../support/taskCard"

const ids = (tasks: readonly { id: string }[]) => tasks.map(({ id }) => id)

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
