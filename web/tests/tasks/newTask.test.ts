import { expect, test } from "vitest"
import { createInput, EMPTY_DRAFT } from "@/tasks/newTask"

test("what a draft leaves open is left to the server", () => {
  expect(createInput({ ...EMPTY_DRAFT, title: "  Fix it ", agent: "aider" }, "p", "key")).toEqual({
    title: "Fix it",
    description: "",
    runMode: "INTERACTIVE",
    budgetUsd: null,
    projectId: "p",
    agent: "aider",
    vcsBackend: null,
    sessionBackend: null,
    permissionProfile: null,
    clientMutationId: "key",
  })
})
