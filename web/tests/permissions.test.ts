import { expect, test } from "vitest"
import { deadlineOf } from "@/permissions/profiles"
import { timeoutWords } from "@/system/ProfileList"
import { partsOf, writtenRule } from "@/system/rules"

test("a request has a deadline only where its profile decides for a person", () => {
  const at = "2026-01-01T00:00:00Z"
  expect(deadlineOf(at, undefined)).toBeUndefined()
  expect(deadlineOf(at, { timeoutSeconds: null, onTimeout: "DENY" })).toBeUndefined()
  expect(deadlineOf(at, { timeoutSeconds: 60, onTimeout: "WAIT" })).toBeUndefined()
  expect(deadlineOf(at, { timeoutSeconds: 60, onTimeout: "DENY" })).toEqual({ at: Date.parse(at) + 60_000, outcome: "denied" })
  expect(timeoutWords({ timeoutSeconds: 600, onTimeout: "ALLOW" })).toBe("unanswered requests are allowed after 10 min")
})

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
