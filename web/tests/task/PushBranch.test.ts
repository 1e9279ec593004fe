import { expect, test } from "vitest"
import { quoted } from "@/task/PushBranch"

test.each([["a/b-1", "a/b-1"], ["a b", "'a b'"], ["it's", "'it'\\''s'"], ["$(x)", "'$(x)'"], ["", "''"]])("%s is one word of a shell", (word, expected) => {
  expect(quoted(word)).toBe(expected)
})
