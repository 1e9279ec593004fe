import { expect, test } from "vitest"
import { partsOf, writtenRule } from "@/system/rules"

test.each([
  ["Bash(git status:*)", { toolName: "Bash", pattern: "git status:*" }],
  [" Read ", { toolName: "Read", pattern: null }],
  ["Bash()", { toolName: "Bash", pattern: null }],
  ["mcp__x-y__*", { toolName: "mcp__x-y__*", pattern: null }],
  ["Edit(src/(a)/**)", { toolName: "Edit", pattern: "src/(a)/**" }],
])("%j is a rule in two parts", (text, parts) => {
  expect(partsOf(text)).toEqual(parts)
  expect(partsOf(writtenRule(parts))).toEqual(parts)
})

test.each([[""], ["  "], ["two words"], ["Bash(git"]])("%j is no rule", (text) => expect(partsOf(text)).toBeUndefined())
