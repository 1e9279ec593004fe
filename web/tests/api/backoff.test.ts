import { expect, test } from "vitest"
import { backoffMs } from "@/api/backoff"

test("waits double up to five seconds, spread by a fifth", () => {
  expect(backoffMs(0, () => 0.5)).toBe(250)
  expect(backoffMs(2, () => 0.5)).toBe(1_000)
  expect(backoffMs(50, () => 0.5)).toBe(5_000)
  expect(backoffMs(50, () => 0)).toBe(4_000)
  expect(backoffMs(50, () => 1)).toBe(6_000)
})
