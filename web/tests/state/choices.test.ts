import { expect, test } from "vitest"
import { withReasons } from "@/state/choices"

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
