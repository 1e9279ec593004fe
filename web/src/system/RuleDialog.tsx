import { useState, type FormEvent } from "react"
import { useAction } from "@/api/useAction"
import type { Decision } from "@/state/decisions"
import { useProjects } from "@/state/projects"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { SelectField, TextField } from "@/ui/Field"
import { AddRuleMutation, partsOf, UpdateRuleMutation, writtenRule, type Rule } from "./rules"

/** A new rule for a project, or another pattern and answer for one that is there. */
export function RuleDialog({ rule, onClose }: { rule?: Rule; onClose: () => void }) {
  const { projects } = useProjects()
  const add = useAction(AddRuleMutation)
  const update = useAction(UpdateRuleMutation)
  // A rule about one exact input is no pattern; it becomes one only when a person writes it.
  const exact = rule !== undefined && rule.toolInput !== null
  const [text, setText] = useState(rule && !exact ? writtenRule(rule) : "")
  const [decision, setDecision] = useState<Decision>(rule?.decision ?? "ALLOW")
  const [projectId, setProjectId] = useState("")
  const parts = partsOf(text)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const changed = parts ?? {}
    const done = rule
      ? await update.run({ id: rule.id, input: { decision, ...changed } })
      : parts && (await add.run({ input: { scope: "PROJECT", decision, projectId: projectId || projects[0]?.id, ...parts } }))
    if (done) onClose()
  }
  const incomplete = !parts && (!exact || text.trim() !== "")
  return (
    <Dialog open onClose={onClose} title={rule ? "Edit the rule" : "Add a rule"} description={rule?.summary}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <SelectField label="Answer" value={decision} onChange={(event) => setDecision(event.target.value as Decision)}>
          <option value="ALLOW">Allow</option>
          <option value="DENY">Deny</option>
        </SelectField>
        <TextField
          label={exact ? "Pattern (empty: this exact input, as before)" : "Pattern"}
          required={!exact}
          className="font-mono"
          placeholder="Bash(git status:*)"
          hint="A tool, with what it is about in parentheses: Edit(src/**), WebFetch(domain:example.org). A tool alone means every use of it."
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {!rule && projects.length > 1 && (
          <SelectField label="Project" value={projectId} onChange={(event) => setProjectId(event.target.value)}>
            {projects.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={add.busy || update.busy || incomplete}>
            {rule ? "Save" : "Add the rule"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
