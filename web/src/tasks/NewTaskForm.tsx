import { useNavigate } from "@tanstack/react-router"
import { useState, type FormEvent, type KeyboardEvent } from "react"
import { useChoices } from "@/state/choices"
import { useProjects } from "@/state/projects"
import { BudgetField } from "@/ui/BudgetField"
import { Button } from "@/ui/Button"
import { DialogActions } from "@/ui/Dialog"
import { SelectField, TextField } from "@/ui/Field"
import { MarkdownField } from "@/ui/MarkdownField"
import { RunModeField } from "@/ui/RunModeField"
import { ChoiceField } from "./ChoiceField"
import { closeNewTask, dropDraft, loadDraft, saveDraft, type Draft } from "./newTask"
import { ReferenceField } from "./ReferenceField"
import { useCreateTask } from "./useCreateTask"

export function NewTaskForm() {
  const navigate = useNavigate()
  const { projects } = useProjects()
  const { agents, defaults } = useChoices()
  const [draft, setDraft] = useState(loadDraft)
  const { submit, busy } = useCreateTask()
  const project = projects.find(({ id }) => id === draft.projectId) ?? projects[0]
  const incomplete = busy || !draft.title.trim()

  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part }
    setDraft(next)
    saveDraft(next)
  }
  const finish = async (thenStart: boolean) => {
    if (incomplete) return
    const id = await submit(draft, project?.id, thenStart)
    if (!id) return
    dropDraft()
    closeNewTask()
    void navigate({ to: "/tasks/$taskId", params: { taskId: id } })
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    void finish(true)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void finish(true)
  }
  return (
    <form onSubmit={onSubmit} onKeyDown={onKeyDown} className="flex flex-col gap-4">
      <TextField label="Title" required autoFocus value={draft.title} onChange={(event) => change({ title: event.target.value })} />
      <MarkdownField
        label="What should be done? (Markdown)"
        hint="The agent's first prompt."
        value={draft.description}
        onChange={(description) => change({ description })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Project" value={project?.id ?? ""} onChange={(event) => change({ projectId: event.target.value })}>
          {projects.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <ChoiceField
          label="Agent"
          choices={agents}
          standard={defaults.agent}
          value={draft.agent}
          onChange={(agent) => change({ agent })}
        />
      </div>
      <ReferenceField projectId={project?.id} references={draft.references} onChange={(references) => change({ references })} />
      <MoreOptions draft={draft} change={change} />
      <DialogActions>
        <Button disabled={incomplete} onClick={() => void finish(false)}>
          Add to the queue
        </Button>
        <Button type="submit" kind="primary" disabled={incomplete} title="Ctrl+Enter">
          Create and start
        </Button>
      </DialogActions>
    </form>
  )
}

function MoreOptions({ draft, change }: { draft: Draft; change: (part: Partial<Draft>) => void }) {
  const { vcsBackends, sessionBackends, profiles, defaults } = useChoices()
  return (
    <details>
      <summary className="cursor-pointer text-sm text-muted">More options</summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <ChoiceField
          label="Version control"
          choices={vcsBackends}
          value={draft.vcsBackend}
          onChange={(vcsBackend) => change({ vcsBackend })}
        />
        <ChoiceField
          label="Session backend"
          choices={sessionBackends}
          standard={defaults.sessionBackend}
          value={draft.sessionBackend}
          onChange={(sessionBackend) => change({ sessionBackend })}
        />
        <ChoiceField
          label="Permission profile"
          choices={profiles}
          standard={defaults.profile}
          value={draft.permissionProfile}
          onChange={(permissionProfile) => change({ permissionProfile })}
        />
        <RunModeField value={draft.runMode} onChange={(runMode) => change({ runMode })} />
        <BudgetField value={draft.budget} onChange={(budget) => change({ budget })} />
      </div>
    </details>
  )
}
