import { expect, test } from "vitest"
import { diffFiles, placeOf, totals } from "@/changes/diffFiles"
import { highlightedTokens } from "@/changes/highlightedTokens"

const DIFF = `diff --git a/shop/auth.py b/shop/auth.py
index 1111111..2222222 100644
--- a/shop/auth.py
+++ b/shop/auth.py
@@ -1,3 +1,3 @@
 def login():
-    return False
+    return True
 # end
diff --git a/new.md b/new.md
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/new.md
@@ -0,0 +1,2 @@
+# New
+--- looks like a header
diff --git a/old.txt b/old.txt
deleted file mode 100644
index 3333333..0000000
--- a/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/logo.png b/logo.png
index 1111111..2222222 100644
Binary files a/logo.png and b/logo.png differ
`

test("a diff is files with their counts", () => {
  const files = diffFiles(DIFF)
  expect(files.map(({ path, added, removed, binary }) => [path, added, removed, binary])).toEqual([
    ["shop/auth.py", 1, 1, false],
    ["new.md", 2, 0, false],
    ["old.txt", 0, 1, false],
    ["logo.png", 0, 0, true],
  ])
  expect(totals(files)).toEqual({ added: 3, removed: 2 })
})

test("nothing is no file", () => {
  expect(diffFiles("")).toEqual([])
  expect(diffFiles("\n")).toEqual([])
})

test("a line has its place on its side", () => {
  const [same, removed, added] = diffFiles(DIFF)[0]!.data.hunks[0]!.changes
  expect([same, removed, added].map((change) => placeOf(change!))).toEqual([
    { side: "new", line: 1 },
    { side: "old", line: 2 },
    { side: "new", line: 2 },
  ])
})

test("known languages are coloured", () => {
  const tokens = highlightedTokens(diffFiles(DIFF)[0]!)
  expect(JSON.stringify(tokens?.new)).toContain("hljs-keyword")
})
