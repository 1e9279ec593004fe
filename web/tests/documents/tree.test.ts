import { expect, test } from "vitest"
import { treeOf } from "@/documents/tree"

test("paths become folders", () => {
  const tree = treeOf([{ path: "README.md" }, { path: "docs/b.md" }, { path: "docs/api/a.md" }, { path: "docs/a.md" }])
  expect(tree.leaves.map(({ name }) => name)).toEqual(["README.md"])
  expect(tree.folders[0]).toMatchObject({ name: "docs", path: "docs", leaves: [{ name: "a.md" }, { name: "b.md" }] })
  expect(tree.folders[0]!.folders[0]).toMatchObject({ path: "docs/api" })
})
