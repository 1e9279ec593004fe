import { SelectField } from "./Field"

type RunMode = "INTERACTIVE" | "HEADLESS"
type RunModeFieldProps = { label?: string; value: RunMode; onChange: (value: RunMode) => void }

/** In a terminal one can type into, or without one. */
export function RunModeField({ label = "Run mode", value, onChange }: RunModeFieldProps) {
  return (
    <SelectField
      label={label}
      hint="Headless: the agent works without a terminal to type into; messages and permissions reach it all the same."
      value={value}
      onChange={(event) => onChange(event.target.value === "HEADLESS" ? "HEADLESS" : "INTERACTIVE")}
    >
      <option value="INTERACTIVE">In a terminal</option>
      <option value="HEADLESS">Headless</option>
    </SelectField>
  )
}
