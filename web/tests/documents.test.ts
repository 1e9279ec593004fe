import { expect, test } from "vitest"
import { placeWords } from "@/documents/ReferenceDialog"
import { rangeTo } from "@/documents/SourceLines"
import { treeOf } from "@/documents/tree"
import { fuzzyFind, fuzzyScore } from "@/ui/fuzzy"

test("letters must come in order; whole words and their beginnings win", () => {
  expect(fuzzyScore("xyz", "docs/auth.md")).toBeUndefined()
  const found = fuzzyFind("auth", ["docs/a-user-thing.md", "docs/auth.md", "README.md"], (each) => each, 5)
  expect(found).toEqual(["docs/auth.md", "docs/a-user-thing.md"])
  expect(fuzzyFind("d", ["a/d", "b/d", "c/d"], (each) => each, 2)).toHaveLength(2)
})

test("paths become folders", () => {
  const tree = treeOf([{ path: "README.md" }, { path: "docs/b.md" }, { path: "docs/api/a.md" }, { path: "docs/a.md" }])
  expect(tree.leaves.map(({ name }) => name)).toEqual(["README.md"])
  expect(tree.folders[0]).toMatchObject({ name: "docs", path: "docs", leaves: [{ name: "a.md" }, { name: "b.md" }] })
  expect(tree.folders[0]!.folders[0]).toMatchObject({ path: "docs/api" })
})

test("lines are chosen in both directions", () => {
  expect(rangeTo(undefined, 4)).toEqual({ from: 4, to: 4 })
  expect(rangeTo(7, 4)).toEqual({ from: 4, to: 7 })
})

test("a place is told in words", () => {
  expect(placeWords({})).toBe("the whole document")
  expect(placeWords({ heading: "set-up", title: "Set-up" })).toBe("the section “Set-up”")
  expect(placeWords({ startLine: 3, endLine: 3 })).toBe("line 3")
  expect(placeWords({ startLine: 3, endLine: 5 })).toBe("lines 3 to 5")
})
