import { expect, test } from "vitest"
import { changes } from "@/permissions/notifications"

test("only what is new is news, and what was answered elsewhere goes", () => {
  expect(changes([{ id: "b" }, { id: "c" }], new Set(["a", "b"]))).toMatchObject({ fresh: ["c"], gone: ["a"] })
})
