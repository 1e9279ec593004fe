import { expect, test } from "vitest"
import type { TaskCard } from "@/state/taskCard"
import { withTasks } from "@/state/taskStore"

const task = (id: string, title: string) => ({ id, title }) as TaskCard

test("what was read replaces, adds and removes; the rest stays, and the old list is untouched", () => {
  const before = { loaded: true, startQueue: ["a"], tasks: new Map([["a", task("a", "A")], ["b", task("b", "B")], ["c", task("c", "C")]]) }
  const after = withTasks(before, new Map([["a", task("a", "A2")], ["b", null], ["d", task("d", "D")]]))
  expect([...after.tasks.values()].map(({ title }) => title)).toEqual(["A2", "C", "D"])
  expect(before.tasks.size).toBe(3)
  expect(after.startQueue).toBe(before.startQueue)
  expect(withTasks(before, new Map(), ["a"]).startQueue).toBe(before.startQueue)
  expect(withTasks(before, new Map(), ["b", "a"]).startQueue).toEqual(["b", "a"])
})
