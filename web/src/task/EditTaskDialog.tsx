import { useState, type FormEvent } from "react"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { useChoices } from "@/state/choices"
import { touchTask } from "@/state/taskStore"
import { BudgetField, readBudget } from "@/ui/BudgetField"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { SelectField, TextField } from "@/ui/Field"
import { MarkdownField } from "@/ui/MarkdownField"
import { RunModeField } from "@/ui/RunModeField"
import type { TaskDetail } from "./taskQuery"

const UpdateMutation = graphql(`mutation EditTask($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) { id } }`)

export function EditTaskDialog({ task, onClose }: { task: TaskDetail; onClose: () => void }) {
  const [title, setTitle] = useState(task.title)
  const [description, setDescription] = useState(task.description)
  const [permissionProfile, setProfile] = useState(task.permissionProfile)
  const [runMode, setRunMode] = useState(task.runMode)
  const [budget, setBudget] = useState(task.budgetUsd === null ? "" : String(task.budgetUsd))
  const { profiles } = useChoices()
  const { busy, run } = useAction(UpdateMutation)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const input = { title, description, permissionProfile, runMode, budgetUsd: readBudget(budget) }
    if (!(await run({ id: task.id, input: changed(input, task) }))) return
    touchTask(task.id)
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title="Edit the task" wide>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <TextField label="Title" required value={title} onChange={(event) => setTitle(event.target.value)} />
        <MarkdownField
          label="Description (Markdown)"
          rows={10}
          hint={task.status === "PENDING" ? "The agent's first prompt." : "The agent has started already: it is not told about changes here."}
          value={description}
          onChange={setDescription}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label="Permission profile" value={permissionProfile} onChange={(event) => setProfile(event.target.value)}>
            {[...new Set([...profiles.map(({ name }) => name), task.permissionProfile])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </SelectField>
          <RunModeField label="Run mode of the next start" value={runMode} onChange={setRunMode} />
          <BudgetField value={budget} onChange={setBudget} />
        </div>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={busy || !title.trim()}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

type Editable = Pick<TaskDetail, "title" | "description" | "permissionProfile" | "runMode" | "budgetUsd">

/** Only what a person changed: what others changed meanwhile stays. Pure. */
export function changed(input: Editable, task: Editable): Partial<Editable> {
  return Object.fromEntries(Object.entries(input).filter(([name, value]) => value !== task[name as keyof Editable]))
}
