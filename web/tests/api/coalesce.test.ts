import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { coalesce } from "@/api/coalesce"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("works at once, then at most once per interval, and never loses the last call", () => {
  const work = vi.fn()
  const call = coalesce(work, 100)
  call()
  call()
  call()
  expect(work).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(100)
  expect(work).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(1_000)
  expect(work).toHaveBeenCalledTimes(2)
  call()
  expect(work).toHaveBeenCalledTimes(3)
})

test("a cancelled call does not happen", () => {
  const work = vi.fn()
  const call = coalesce(work, 100)
  call()
  call()
  call.cancel()
  vi.advanceTimersByTime(1_000)
  expect(work).toHaveBeenCalledTimes(1)
})
