import { describe, expect, test, vi } from "vitest"
import { textOf } from "@/terminal/bufferText"
import { ScreenSize } from "@/terminal/screenSize"

function screen(width: number) {
  const claimed: [number, number][] = []
  const resize = vi.fn<(cols: number, rows: number) => void>()
  const parts = { terminal: { resize }, fit: { proposeDimensions: () => ({ cols: 90, rows: 30 }) } }
  const size = new ScreenSize({ clientWidth: width }, parts as never, (cols, rows) => claimed.push([cols, rows]))
  return { size, claimed, resize }
}

describe("the size of a terminal that several windows show", () => {
  test("is set by the first that is wide enough", () => {
    const { size, claimed, resize } = screen(1_000)
    size.told({ cols: 120, rows: 40, sizedBy: "nobody" })
    expect(claimed).toEqual([[90, 30]])
    expect(resize).toHaveBeenLastCalledWith(90, 30)
  })

  test("is another's until it is taken over or given back", () => {
    const { size, claimed, resize } = screen(1_000)
    size.told({ cols: 120, rows: 40, sizedBy: "other" })
    size.fit()
    expect(claimed).toEqual([])
    expect(resize).toHaveBeenLastCalledWith(120, 40)
    size.take()
    expect(claimed).toHaveLength(1)
    size.told({ cols: 120, rows: 40, sizedBy: "other" })
    size.told({ cols: 120, rows: 40, sizedBy: "nobody" })
    expect(claimed).toHaveLength(2)
  })

  test("is not set by a phone that nobody asked to", () => {
    const { size, claimed, resize } = screen(390)
    size.told({ cols: 120, rows: 40 })
    expect(claimed).toEqual([])
    expect(resize).toHaveBeenLastCalledWith(120, 40)
    size.take()
    size.fit() // turned on its side, for example
    expect(claimed).toHaveLength(2)
  })
})

test("a wrapped line is copied as one, empty ends are left out", () => {
  const lines = [["one ", false], ["two", true], ["three", false], ["", false]] as const
  const buffer = {
    length: lines.length,
    getLine: (index: number) => ({ isWrapped: lines[index]![1], translateToString: () => lines[index]![0] }),
  }
  expect(textOf(buffer)).toBe("one two\nthree")
})
