import { expect, test } from "vitest"
import { rangeTo } from "@/documents/SourceLines"

test("lines are chosen in both directions", () => {
  expect(rangeTo(undefined, 4)).toEqual({ from: 4, to: 4 })
  expect(rangeTo(7, 4)).toEqual({ from: 4, to: 7 })
})
