import { expect, test } from "vitest"
import { fuzzyFind, fuzzyScore } from "@/ui/fuzzy"

test("letters must come in order; whole words and their beginnings win", () => {
  expect(fuzzyScore("xyz", "docs/auth.md")).toBeUndefined()
  const found = fuzzyFind("auth", ["docs/a-user-thing.md", "docs/auth.md", "README.md"], (each) => each, 5)
  expect(found).toEqual(["docs/auth.md", "docs/a-user-thing.md"])
  expect(fuzzyFind("d", ["a/d", "b/d", "c/d"], (each) => each, 2)).toHaveLength(2)
})
