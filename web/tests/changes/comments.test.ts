import { beforeEach, expect, test } from "vitest"
import { loadComments, reviewMessage, saveComments, type Comment } from "@/changes/comments"

const comment = (file: string, line: number, text: string, code = "x = 1"): Comment => ({ file, side: "new", line, code, text })

test("a review is one message with every place, in order", () => {
  const message = reviewMessage([comment("b.py", 2, "second"), comment("a.py", 9, "first "), { ...comment("b.py", 1, "old"), side: "old" }], "In general: good")
  expect(message).toBe(
    [
      "Please look at these comments on your changes.",
      "In general: good",
      "a.py, line 9:\n```\nx = 1\n```\nfirst",
      "b.py, line 1 before the change:\n```\nx = 1\n```\nold",
      "b.py, line 2:\n```\nx = 1\n```\nsecond",
    ].join("\n\n"),
  )
})

test("code with backticks stays inside its fence", () => {
  expect(reviewMessage([comment("a.md", 1, "why", "````python")])).toContain("`````\n````python\n`````")
})

beforeEach(() => localStorage.clear())

test("comments survive a reload, and broken storage is no comments", () => {
  saveComments("t1", [comment("a.py", 1, "keep")])
  expect(loadComments("t1")).toEqual([comment("a.py", 1, "keep")])
  expect(loadComments("t2")).toEqual([])
  localStorage.setItem("chorus.review.t1", "{broken")
  expect(loadComments("t1")).toEqual([])
})
