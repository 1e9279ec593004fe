import { expect, test } from "vitest"
import { readBudget } from "@/ui/BudgetField"

test.each([["", null], ["  ", null], ["2.50", 2.5], ["2,5", 2.5], ["abc", null]])("a budget of %j is %j", (text, usd) => {
  expect(readBudget(text)).toBe(usd)
})
