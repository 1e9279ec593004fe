import { expect, test } from "vitest"
import { kindWords, titleOf } from "@/permissions/requestText"

test("a command is not shown twice", () => {
  expect(titleOf("Bash", "ls", { command: "ls", description: "List" })).toBe("List")
  expect(titleOf("Bash", "ls", { command: "ls" })).toBe("Run this command?")
  expect(titleOf("Edit", "Edit a.py", { file_path: "a.py" })).toBe("Edit a.py")
  expect(titleOf("Magic", "", {})).toBe("Use Magic?")
})

test("questions and a plan are called what they are", () => {
  const question = { question: "Which colour?", options: ["Red"] }
  expect(titleOf("AskUserQuestion", "", { questions: [question, question] })).toBe("The agent has 2 questions")
  expect(titleOf("ExitPlanMode", "ExitPlanMode # Do it", { plan: "# Do it" })).toBe("The agent made a plan")
})

test("an agent that wrote no plan says so", () => {
  expect(kindWords("ExitPlanMode", {})).toBe("Plan")
  expect(titleOf("ExitPlanMode", "Wants to begin, and has written no plan", {})).toBe("Wants to begin, and has written no plan")
})
