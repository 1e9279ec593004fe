import { expect, test } from "vitest"
import { currentOf, neighbour } from "@/permissions/useInboxKeys"

test("keys act on a request that is still there", () => {
  const requests = [{ id: "a" }, { id: "b" }, { id: "c" }]
  expect(currentOf(requests, "b")).toBe("b")
  expect(currentOf(requests, "gone")).toBe("a")
  expect(currentOf([], "a")).toBeUndefined()
  expect(neighbour(requests, "a", -1)).toBe("a")
  expect(neighbour(requests, "b", 1)).toBe("c")
  expect(neighbour(requests, "c", 1)).toBe("c")
})
