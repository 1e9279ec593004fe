import { expect, test } from "vitest"
import { changes } from "@/permissions/notifications"
import { currentOf, neighbour } from "@/permissions/useInboxKeys"
import { withReasons } from "@/state/choices"
import { quoted } from "@/task/PushBranch"
import { usageOf, type Run } from "@/task/RunList"

test("a choice that cannot work here says why", () => {
  const plugins = [
    { error: null, provides: ["VCS backend git", "agent claude"] },
    { error: "no `but` on PATH", provides: ["VCS backend gitbutler"] },
  ]
  expect(withReasons("VCS backend", ["git", "gitbutler", "other"], plugins)).toEqual([
    { name: "git" },
    { name: "gitbutler", unavailable: "no `but` on PATH" },
    { name: "other" },
  ])
})

test("keys act on a request that is still there", () => {
  const requests = [{ id: "a" }, { id: "b" }, { id: "c" }]
  expect(currentOf(requests, "b")).toBe("b")
  expect(currentOf(requests, "gone")).toBe("a")
  expect(currentOf([], "a")).toBeUndefined()
  expect(neighbour(requests, "a", -1)).toBe("a")
  expect(neighbour(requests, "b", 1)).toBe("c")
  expect(neighbour(requests, "c", 1)).toBe("c")
})

test("only what is new is news, and what was answered elsewhere goes", () => {
  expect(changes([{ id: "b" }, { id: "c" }], new Set(["a", "b"]))).toMatchObject({ fresh: ["c"], gone: ["a"] })
})

test("usage is summed where it is known", () => {
  const run = (part: Partial<Run>) => ({ inputTokens: null, outputTokens: null, costUsd: null, ...part }) as Run
  expect(usageOf([run({}), run({})])).toEqual({ tokens: null, costUsd: null })
  expect(usageOf([run({ inputTokens: 5, outputTokens: 2, costUsd: 0.5 }), run({ inputTokens: 1 })])).toEqual({ tokens: 8, costUsd: 0.5 })
})

test.each([["a/b-1", "a/b-1"], ["a b", "'a b'"], ["it's", "'it'\\''s'"], ["$(x)", "'$(x)'"], ["", "''"]])("%s is one word of a shell", (word, expected) => {
  expect(quoted(word)).toBe(expected)
})
