import { expect, test } from "vitest"
import { actionsFor } from "@/task/lifecycle"
import { deliveryHint } from "@/task/MessageBox"

const names = (status: Parameters<typeof actionsFor>[0]["status"], agentStatus: Parameters<typeof actionsFor>[0]["agentStatus"]) =>
  actionsFor({ status, agentStatus, branch: null }).map(({ name }) => name)

test("a pending task is started or deleted", () => {
  expect(names("PENDING", "STOPPED")).toEqual(["start", "delete"])
})

test("only an agent in the middle of a turn can be interrupted", () => {
  expect(names("RUNNING", "THINKING")).toContain("interrupt")
  expect(names("WAITING", "WAITING")).toContain("interrupt")
  expect(names("RUNNING", "IDLE")).not.toContain("interrupt")
})

test("a completed task stays as it is, a failed one can be deleted", () => {
  expect(names("COMPLETED", "STOPPED")).toEqual([])
  expect(names("FAILED", "STOPPED")).toEqual(["delete"])
})

test("whatever destroys or ends something is asked for first", () => {
  for (const action of actionsFor({ status: "RUNNING", agentStatus: "IDLE", branch: "b" })) {
    expect(action.confirm).toBe(true)
  }
})

test("a message's fate is told before it is sent", () => {
  expect(deliveryHint("IDLE")).toContain("at once")
  expect(deliveryHint("EDITING")).toContain("waits")
  expect(deliveryHint("STOPPED")).toContain("resumes")
})
