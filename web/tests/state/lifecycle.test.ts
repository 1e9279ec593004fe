import { expect, test } from "vitest"
import { actionsFor } from "@/state/lifecycle"

const names = (status: Parameters<typeof actionsFor>[0]["status"], agentStatus: Parameters<typeof actionsFor>[0]["agentStatus"]) =>
  actionsFor({ status, agentStatus }).map(({ name }) => name)

test("a pending task is started or deleted", () => {
  expect(names("PENDING", "STOPPED")).toEqual(["start", "delete"])
})

test("only an agent in the middle of a turn can be interrupted", () => {
  expect(names("RUNNING", "THINKING")).toContain("interrupt")
  expect(names("RUNNING", "WAITING")).toContain("interrupt")
  expect(names("RUNNING", "IDLE")).not.toContain("interrupt")
})

test("a waiting task can be taken out of the queue or go on early, and always be ended", () => {
  const waiting = (wait: "start" | "limit") => actionsFor({ status: "WAITING", agentStatus: "STOPPED", wait }).map(({ name }) => name)
  expect(waiting("start")).toEqual(["unqueue", "complete", "fail"])
  expect(waiting("limit")).toEqual(["go-on", "complete", "restart", "restart-fresh", "fail"])
})

test("a completed task stays as it is, a failed one can be started again or deleted", () => {
  expect(names("COMPLETED", "STOPPED")).toEqual([])
  expect(names("FAILED", "STOPPED")).toEqual(["start", "delete"])
})

test("whatever destroys or ends something is asked for first", () => {
  for (const action of actionsFor({ status: "RUNNING", agentStatus: "IDLE" })) {
    expect(action.confirm).toBe(true)
  }
})

test("an agent is taken over where the server says that it works", () => {
  const offered = (...availableRunModes: ("INTERACTIVE" | "HEADLESS")[]) =>
    actionsFor({ status: "RUNNING", agentStatus: "IDLE", availableRunModes }).map(({ name }) => name)
  expect(offered("INTERACTIVE")).toContain("take-over-terminal")
  expect(offered("HEADLESS")).toContain("take-over-headless")
  expect(offered().filter((name) => name.startsWith("take-over"))).toEqual([])
})
