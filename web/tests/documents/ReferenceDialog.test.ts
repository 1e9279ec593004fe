import { expect, test } from "vitest"
import { placeWords } from "@/documents/ReferenceDialog"

test("a place is told in words", () => {
  expect(placeWords({})).toBe("the whole document")
  expect(placeWords({ heading: "set-up", title: "Set-up" })).toBe("the section “Set-up”")
  expect(placeWords({ startLine: 3, endLine: 3 })).toBe("line 3")
  expect(placeWords({ startLine: 3, endLine: 5 })).toBe("lines 3 to 5")
})
