import { costText, tokensText } from "@/ui/time"
import type { TaskCard } from "./taskCard"

type Used = Pick<TaskCard, "costUsd" | "budgetUsd" | "inputTokens" | "outputTokens">

/** What a task has cost: its budget used up is a reason to look. Pure. */
export const isOverBudget = ({ costUsd, budgetUsd }: Pick<Used, "costUsd" | "budgetUsd">): boolean =>
  budgetUsd !== null && costUsd !== null && costUsd >= budgetUsd

/** What a task has cost so far; of models whose price nobody knows, only the tokens. */
export function Cost({ task }: { task: Used }) {
  const { costUsd, inputTokens, outputTokens, budgetUsd } = task
  const tokens = inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0)
  if (costUsd === null && !tokens) return null
  const budget = budgetUsd === null ? "" : ` of ${costText(budgetUsd)}`
  const title = [tokens !== null && `${tokensText(tokens)} tokens`, budget && `a budget${budget}`].filter(Boolean).join(", ")
  return (
    <span className={isOverBudget(task) ? "font-medium whitespace-nowrap text-danger" : "whitespace-nowrap text-muted"} title={title}>
      {costUsd === null ? `${tokensText(tokens ?? 0)} tokens` : costText(costUsd)}
    </span>
  )
}
