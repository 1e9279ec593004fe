import { describe, expect, test, vi } from "vitest"
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
