import { expect, test } from "vitest"
import { sharedActions } from "@/tasks/SelectionBar"
import { taskCard as task } from "../support/taskCard"

test("a selection offers what fits at least one of its tasks, with the count", () => {
  const offers = sharedActions([task("a"), task("b"), task("c", { status: "RUNNING", agentStatus: "THINKING" })])
  const counts = Object.fromEntries(offers.map(({ action, tasks }) => [action.name, tasks.length]))
  expect(counts).toMatchObject({ start: 2, delete: 2, interrupt: 1, complete: 1 })
})
