import { describe, expect, test } from "vitest"
import { attentionOf, groupByAttention, statusText, toneOf } from "@/state/attention"

describe("what a task needs from a person", () => {
  test.each([
    ["PENDING", "STOPPED", "queued"],
    ["RUNNING", "EDITING", "working"],
    ["RUNNING", "STARTING", "working"],
    ["RUNNING", "IDLE", "idle"],
    ["RUNNING", "STOPPED", "idle"],
    ["RUNNING", "WAITING", "needs-you"],
    ["RUNNING", "ERRORED", "needs-you"],
    ["WAITING", "IDLE", "queued"],
    ["COMPLETED", "STOPPED", "done"],
    ["FAILED", "ERRORED", "done"],
  ] as const)("%s with its agent %s is %s", (status, agentStatus, expected) => {
    expect(attentionOf({ status, agentStatus })).toBe(expected)
  })

  test("every task is in exactly one group, in its given order", () => {
    const tasks = [
      { id: 1, status: "RUNNING", agentStatus: "IDLE" },
      { id: 2, status: "PENDING", agentStatus: "STOPPED" },
      { id: 3, status: "RUNNING", agentStatus: "IDLE" },
    ] as const
    const groups = groupByAttention(tasks)
    expect(groups.idle.map(({ id }) => id)).toEqual([1, 3])
    expect(Object.values(groups).flat()).toHaveLength(3)
  })

  test("the activity says more than the status, except when the task is closed", () => {
    expect(statusText({ status: "RUNNING", agentStatus: "EDITING", activity: "Editing auth.py", waitingFor: null })).toBe("Editing auth.py")
    expect(statusText({ status: "RUNNING", agentStatus: "EDITING", activity: null, waitingFor: null })).toBe("Editing")
    expect(statusText({ status: "COMPLETED", agentStatus: "STOPPED", activity: "Editing auth.py", waitingFor: null })).toBe("Completed")
  })

  test("only trouble is red", () => {
    expect(toneOf({ status: "FAILED", agentStatus: "STOPPED" })).toBe("danger")
    expect(toneOf({ status: "RUNNING", agentStatus: "WAITING" })).toBe("warn")
    expect(toneOf({ status: "RUNNING", agentStatus: "STOPPED" })).toBe("neutral")
  })
})

test("what a queued task waits for is said", () => {
  const task = { status: "WAITING", agentStatus: "STOPPED", activity: "Finished", waitingFor: "a free place: 8 of 8 agents are running" } as const
  expect(statusText(task)).toBe("Waits for a free place: 8 of 8 agents are running")
})
