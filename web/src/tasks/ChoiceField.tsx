import type { Choice } from "@/state/choices"
import { SelectField } from "@/ui/Field"

type ChoiceFieldProps = {
  label: string
  choices: readonly Choice[]
  /** What the server takes when nothing is chosen, where it says so. */
  standard?: string
  value: string
  onChange: (value: string) => void
}

/** A choice among what this server offers; the first leaves it to the server's defaults. */
export function ChoiceField({ label, choices, standard, value, onChange }: ChoiceFieldProps) {
  const chosen = choices.find(({ name }) => name === (value || standard))
  return (
    <SelectField label={label} value={value} hint={chosen?.unavailable} onChange={(event) => onChange(event.target.value)}>
      <option value="">{standard ? `Default (${standard})` : "What suits the project"}</option>
      {choices.map(({ name, unavailable }) => (
        <option key={name} value={name}>
          {name}
          {unavailable && " (unavailable)"}
        </option>
      ))}
      {value && !choices.some(({ name }) => name === value) && <option value={value}>{value}</option>}
    </SelectField>
  )
}
