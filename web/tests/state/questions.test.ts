import { describe, expect, test } from "vitest"
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
