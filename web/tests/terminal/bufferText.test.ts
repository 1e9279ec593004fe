import { expect, test } from "vitest"
import { textOf } from "@/terminal/bufferText"

test("a wrapped line is copied as one, empty ends are left out", () => {
  const lines = [["one ", false], ["two", true], ["three", false], ["", false]] as const
  const buffer = {
    length: lines.length,
    getLine: (index: number) => ({ isWrapped: lines[index]![1], translateToString: () => lines[index]![0] }),
  }
  expect(textOf(buffer)).toBe("one two\nthree")
})
