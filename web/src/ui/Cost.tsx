import { costText, tokensText } from "./time"

type Usage = { costUsd: number | null; budgetUsd: number | null; inputTokens: number | null; outputTokens: number | null }

/** A budget that is used up is a reason to look. Pure. */
export const isOverBudget = ({ costUsd, budgetUsd }: Pick<Usage, "costUsd" | "budgetUsd">): boolean =>
  budgetUsd !== null && costUsd !== null && costUsd >= budgetUsd

/** What was spent so far; of models whose price nobody knows, only the tokens. */
export function Cost({ usage }: { usage: Usage }) {
  const { costUsd, inputTokens, outputTokens, budgetUsd } = usage
  const tokens = inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0)
  if (costUsd === null && !tokens) return null
  const budget = budgetUsd === null ? "" : ` of ${costText(budgetUsd)}`
  const title = [tokens !== null && `${tokensText(tokens)} tokens`, budget && `a budget${budget}`].filter(Boolean).join(", ")
  return (
    <span className={isOverBudget(usage) ? "font-medium whitespace-nowrap text-danger" : "whitespace-nowrap text-muted"} title={title}>
      {costUsd === null ? `${tokensText(tokens ?? 0)} tokens` : costText(costUsd)}
    </span>
  )
}
