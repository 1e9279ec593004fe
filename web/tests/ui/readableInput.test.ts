import { expect, test } from "vitest"
import { readInput } from "@/ui/readableInput"

test("a command is a command, whatever the tool is called", () => {
  expect(readInput({ command: "ls", description: "List" })).toEqual({ kind: "command", command: "ls", description: "List" })
})

test("a replacement is an edit, a content is a write", () => {
  expect(readInput({ file_path: "a.py", old_string: "", new_string: "x" }).kind).toBe("edit")
  expect(readInput({ path: "a.py", content: "x" })).toEqual({ kind: "write", path: "a.py", content: "x" })
})

test.each([[null], ["text"], [[1, 2]], [{ command: 3 }], [{ url: "x" }]])("%j is shown as it is", (input) => {
  expect(readInput(input)).toEqual({ kind: "other", json: JSON.stringify(input, null, 2) })
})
