import { expect, test } from "vitest"
import { timeoutWords } from "@/system/ProfileList"

test("a profile says what becomes of requests that nobody answers", () => {
  expect(timeoutWords({ timeoutSeconds: null, onTimeout: "DENY" })).toBe("requests wait until they are answered")
  expect(timeoutWords({ timeoutSeconds: 60, onTimeout: "WAIT" })).toBe("requests wait until they are answered")
  expect(timeoutWords({ timeoutSeconds: 600, onTimeout: "ALLOW" })).toBe("unanswered requests are allowed after 10 min")
})
