import { expect, test } from "vitest"
import { tabTitle } from "@/ui/tabTitle"

test("the tab tells how many are waiting", () => {
  expect(tabTitle("Inbox", 0)).toBe("Inbox · Chorus")
  expect(tabTitle("Inbox", 3)).toBe("(3) Inbox · Chorus")
  expect(tabTitle("Chorus", 0)).toBe("Chorus")
})
