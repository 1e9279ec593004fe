import { describe, expect, test } from "vitest"
import { approvals, asksForPlan, readPlan } from "@/permissions/plans"
import { kindWords, titleOf } from "@/permissions/requestText"
import { allowance } from "@/state/decisions"
import { answersTo, choose, NOTHING, readQuestions, write } from "@/state/questions"

const input = {
  questions: [
    { question: "Which colour?", header: "Colour", options: [{ label: "Red", description: "warm" }, { label: "Blue" }] },
    { question: "Which sizes?", multiSelect: true, options: [{ label: "S" }, { label: "L" }, "XL"] },
  ],
}
const questions = readQuestions(input)!

describe("questions of an agent", () => {
  test("are read by their shape", () => {
    expect(questions).toMatchObject([
      { question: "Which colour?", header: "Colour", several: false, options: [{ label: "Red", description: "warm" }, { label: "Blue" }] },
      { several: true, options: [{ label: "S" }, { label: "L" }, { label: "XL" }] },
    ])
    expect(titleOf("AskUserQuestion", "", input)).toBe("The agent has 2 questions")
  })

  test.each([[null], [{}], [{ questions: [] }], [{ questions: "which?" }], [{ questions: [{ options: [] }] }], [{ questions: [null] }]])(
    "%j asks none",
    (other) => expect(readQuestions(other)).toBeUndefined(),
  )

  test("have no answer until each has one", () => {
    expect(answersTo(questions, [])).toBeUndefined()
    expect(answersTo(questions, [{ labels: ["Red"], other: "" }, { labels: [], other: "  " }])).toBeUndefined()
  })

  test("are answered with one label, several in their order, or own words", () => {
    const one = choose(choose(NOTHING, "Red", false), "Blue", false)
    const several = write(choose(choose(NOTHING, "L", true), "S", true), " and 42 ", true)
    expect(answersTo(questions, [one, several])).toEqual({ "Which colour?": "Blue", "Which sizes?": ["S", "L", "and 42"] })
    expect(answersTo(questions.slice(0, 1), [write(one, "Green", false)])).toEqual({ "Which colour?": "Green" })
    expect(choose(several, "S", true).labels).toEqual(["L"])
  })
})

test("a plan is Markdown to read", () => {
  expect(readPlan({ plan: "# Do it" })).toBe("# Do it")
  expect(readPlan({ plan: "  " })).toBeUndefined()
  expect(titleOf("ExitPlanMode", "ExitPlanMode # Do it", { plan: "# Do it" })).toBe("The agent made a plan")
  expect(asksForPlan("present_plan", { plan: "# Do it" })).toBe(true)
  expect(asksForPlan("Bash", { command: "ls" })).toBe(false)
})

test("an agent that wrote no plan says so", () => {
  expect(kindWords("ExitPlanMode", {})).toBe("Plan")
  expect(titleOf("ExitPlanMode", "Wants to begin, and has written no plan", {})).toBe("Wants to begin, and has written no plan")
})

test("a plan is approved in the ways the server offers, the first one first", () => {
  expect(approvals([]).map(({ afterPlan, words }) => [afterPlan, words])).toEqual([[null, "Approve the plan"]])
  expect(approvals(["ACCEPT_EDITS", "ASK_FOR_EDITS"]).map(({ afterPlan }) => afterPlan)).toEqual(["ACCEPT_EDITS", "ASK_FOR_EDITS"])
})

test("a key approves a plan in its first way, and allows all else once", () => {
  expect(allowance({ id: "1", planChoices: ["ASK_FOR_EDITS", "ACCEPT_EDITS"] })).toEqual({ id: "1", decision: "ALLOW", afterPlan: "ASK_FOR_EDITS" })
  expect(allowance({ id: "1", planChoices: [] })).toEqual({ id: "1", decision: "ALLOW", afterPlan: null })
})
