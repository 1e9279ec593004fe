import { expect, test } from "vitest"
import { deliveryHint } from "@/task/MessageBox"

test("a message's fate is told before it is sent", () => {
  expect(deliveryHint("IDLE")).toContain("at once")
  expect(deliveryHint("EDITING")).toContain("waits")
  expect(deliveryHint("STOPPED")).toContain("resumes")
  expect(deliveryHint("STOPPED", "WAITING")).toContain("when it goes on")
})
