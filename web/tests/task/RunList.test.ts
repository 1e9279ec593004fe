import { expect, test } from "vitest"
import { usageOf, type Run } from "@/task/RunList"

test("usage is summed where it is known", () => {
  const run = (part: Partial<Run>) => ({ inputTokens: null, outputTokens: null, costUsd: null, ...part }) as Run
  expect(usageOf([run({}), run({})])).toEqual({ tokens: null, costUsd: null })
  expect(usageOf([run({ inputTokens: 5, outputTokens: 2, costUsd: 0.5 }), run({ inputTokens: 1 })])).toEqual({ tokens: 8, costUsd: 0.5 })
})
