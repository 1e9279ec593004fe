import { expect, test } from "vitest"
import { allowance } from "@/state/decisions"

test("a key approves a plan in its first way, and allows all else once", () => {
  expect(allowance({ id: "1", planOptions: ["ASK_FOR_EDITS", "ACCEPT_EDITS"] })).toEqual({ id: "1", decision: "ALLOW", afterPlan: "ASK_FOR_EDITS" })
  expect(allowance({ id: "1", planOptions: [] })).toEqual({ id: "1", decision: "ALLOW", afterPlan: null })
})
