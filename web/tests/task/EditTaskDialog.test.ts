import { expect, test } from "vitest"
import { changed } from "@/task/EditTaskDialog"

test("only what was changed is sent", () => {
  const task = { title: "One", description: "Two", permissionProfile: "default", runMode: "INTERACTIVE" as const, budgetUsd: null }
  expect(changed(task, task)).toEqual({})
  expect(changed({ ...task, title: "1", budgetUsd: 5 }, task)).toEqual({ title: "1", budgetUsd: 5 })
  expect(changed(task, { ...task, budgetUsd: 5 })).toEqual({ budgetUsd: null })
})
