import { expect, test } from "vitest"
import { movedBeside, movedBy } from "@/ui/useSortable"

const order = ["a", "b", "c", "d"]

test.each([
  ["a", "c", true, ["b", "c", "a", "d"]],
  ["d", "a", false, ["d", "a", "b", "c"]],
  ["b", "b", true, order],
  ["x", "b", true, ["a", "b", "x", "c", "d"]],
  ["a", "gone", true, order],
] as const)("%s beside %s (after: %s)", (id, other, after, expected) => {
  expect(movedBeside(order, id, other, after)).toEqual(expected)
})

test.each([
  ["a", 1, ["b", "a", "c", "d"]],
  ["a", -1, order],
  ["d", 1, order],
  ["c", -1, ["a", "c", "b", "d"]],
  ["gone", 1, order],
] as const)("%s by %i", (id, step, expected) => {
  expect(movedBy(order, id, step)).toEqual(expected)
})
