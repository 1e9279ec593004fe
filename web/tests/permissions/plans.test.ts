import { expect, test } from "vitest"
import { approvals } from "@/permissions/plans"

test("a plan is approved in the ways the server offers, the first one first", () => {
  expect(approvals([]).map(({ afterPlan, words }) => [afterPlan, words])).toEqual([[null, "Approve the plan"]])
  expect(approvals(["ACCEPT_EDITS", "ASK_FOR_EDITS"]).map(({ afterPlan }) => afterPlan)).toEqual(["ACCEPT_EDITS", "ASK_FOR_EDITS"])
})
