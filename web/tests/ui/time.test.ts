import { expect, test } from "vitest"
import { costText, counted, duration, tokensText } from "@/ui/time"

test.each([
  [-5, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [3_900_000, "1 h 5 min"],
  [90_000_000, "1 d"],
])("%d ms is %s", (ms, words) => {
  expect(duration(ms)).toBe(words)
})

test("amounts are short", () => {
  expect(costText(0.004)).toBe("< $0.01")
  expect(costText(0)).toBe("$0.00")
  expect(tokensText(999)).toBe("999")
  expect(tokensText(12_345)).toBe("12.3k")
  expect(counted(1, "task")).toBe("1 task")
  expect(counted(2, "match", "matches")).toBe("2 matches")
})
