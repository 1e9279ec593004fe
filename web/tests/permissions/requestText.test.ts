import { expect, test } from "vitest"
import { kindWords, titleOf } from "@/permissions/requestText"

type Request = Parameters<typeof titleOf>[0]

const request = (changes: Partial<Request>): Request => ({
  toolName: "magic", toolKind: "OTHER", toolInput: {}, summary: "", questions: [], plan: null, ...changes,
})

test("a command is not shown twice", () => {
  const run = { toolName: "shell", toolKind: "RUN", summary: "ls" } as const
  expect(titleOf(request({ ...run, toolInput: { command: "ls", description: "List" } }))).toBe("List")
  expect(titleOf(request({ ...run, toolInput: { command: "ls" } }))).toBe("Run this command?")
  expect(titleOf(request({ ...run, toolInput: { line: "ls" } }))).toBe("Run this command?")
  expect(titleOf(request({ toolKind: "EDIT", summary: "patch a.py" }))).toBe("patch a.py")
  expect(titleOf(request({}))).toBe("Use magic?")
})

test("questions and a plan are called what they are", () => {
  const question = { text: "Which colour?", header: null, several: false, options: [] }
  expect(titleOf(request({ toolKind: "QUESTION", questions: [question, question] }))).toBe("The agent has 2 questions")
  expect(kindWords(request({ toolKind: "QUESTION" }))).toBe("Question")
  expect(titleOf(request({ toolKind: "PLAN", plan: "# Do it", summary: "Plan: # Do it" }))).toBe("The agent made a plan")
  expect(kindWords(request({ toolKind: "EDIT" }))).toBe("magic")
})

test("an agent that wrote no plan says so", () => {
  const none = request({ toolKind: "PLAN", summary: "Wants to begin, and has written no plan" })
  expect(kindWords(none)).toBe("Plan")
  expect(titleOf(none)).toBe("Wants to begin, and has written no plan")
})
