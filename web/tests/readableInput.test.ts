import { expect, test } from "vitest"
import { titleOf } from "@/permissions/requestText"
import { readInput } from "@/ui/readableInput"

test("a command is a command, whatever the tool is called", () => {
  expect(readInput({ command: "ls", description: "List" })).toEqual({ kind: "command", command: "ls", description: "List" })
})

test("a replacement is an edit, a content is a write", () => {
  expect(readInput({ file_path: "a.py", old_string: "", new_string: "x" }).kind).toBe("edit")
  expect(readInput({ path: "a.py", content: "x" })).toEqual({ kind: "write", path: "a.py", content: "x" })
})

test("a command is not shown twice", () => {
  expect(titleOf("Bash", "ls", { command: "ls", description: "List" })).toBe("List")
  expect(titleOf("Bash", "ls", { command: "ls" })).toBe("Run this command?")
  expect(titleOf("Edit", "Edit a.py", { file_path: "a.py" })).toBe("Edit a.py")
  expect(titleOf("Magic", "", {})).toBe("Use Magic?")
})

test.each([[null], ["text"], [[1, 2]], [{ command: 3 }], [{ url: "x" }]])("%j is shown as it is", (input) => {
  expect(readInput(input)).toEqual({ kind: "other", json: JSON.stringify(input, null, 2) })
})
