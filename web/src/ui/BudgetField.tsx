import { TextField } from "./Field"

type BudgetFieldProps = { value: string; onChange: (value: string) => void }

/** What a task may cost; empty is no limit. */
export function BudgetField({ value, onChange }: BudgetFieldProps) {
  return (
    <TextField
      label="Budget in US dollars"
      type="number"
      inputMode="decimal"
      min="0.01"
      step="any"
      placeholder="No limit"
      hint="Once it is used up, the agent is given no further message."
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

/** Dollars out of a text; null: no limit. Pure. */
export function readBudget(text: string): number | null {
  const usd = Number.parseFloat(text.replace(",", "."))
  return Number.isFinite(usd) ? usd : null
}
