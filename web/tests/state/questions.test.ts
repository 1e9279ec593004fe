import { describe, expect, test } from "vitest"
import { answersTo, choose, NOTHING, write } from "@/state/questions"

const option = (label: string, description: string | null = null) => ({ label, description })

const questions = [
  { text: "Which colour?", header: "Colour", several: false, options: [option("Red", "warm"), option("Blue")] },
  { text: "Which sizes?", header: null, several: true, options: [option("S"), option("L"), option("XL")] },
]

describe("questions of an agent", () => {
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
