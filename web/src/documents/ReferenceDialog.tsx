import { useState, type FormEvent } from "react"
import { toast } from "sonner"
import { useStore } from "@/api/store"
import { useAction } from "@/api/useAction"
import { attentionOf, statusText } from "@/state/attention"
import { taskStore } from "@/state/taskStore"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { SelectField, TextField } from "@/ui/Field"
import { AddReferenceMutation } from "./documentQueries"

/** The whole document, a section by its slug, or lines (1-based, inclusive). */
export type Place = { heading?: string; title?: string; startLine?: number; endLine?: number }

export function placeWords({ heading, title, startLine, endLine }: Place): string {
  if (heading) return `the section “${title ?? heading}”`
  if (startLine !== undefined) return startLine === endLine ? `line ${startLine}` : `lines ${startLine} to ${endLine}`
  return "the whole document"
}

type ReferenceDialogProps = { projectId: string | undefined; path: string; place: Place; onClose: () => void }

export function ReferenceDialog({ projectId, path, place, onClose }: ReferenceDialogProps) {
  const { tasks } = useStore(taskStore)
  const open = [...tasks.values()].filter((task) => task.project.id === projectId && attentionOf(task) !== "done")
  const [taskId, setTaskId] = useState(open[0]?.id ?? "")
  const [note, setNote] = useState("")
  const { busy, run } = useAction(AddReferenceMutation)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const { heading, startLine, endLine } = place
    if (!(await run({ input: { taskId, path, heading, startLine, endLine, note: note.trim() || null } }))) return
    toast.success(`Given to “${tasks.get(taskId)?.title ?? "the task"}”.`)
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title="Give to a task" description={`${path}: ${placeWords(place)}`}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <SelectField label="Task" value={taskId} onChange={(event) => setTaskId(event.target.value)}>
          {open.map((task) => (
            <option key={task.id} value={task.id}>
              {task.title} ({statusText(task)})
            </option>
          ))}
        </SelectField>
        {open.length === 0 && <p className="text-sm text-muted">No task of this project is open. Create one first.</p>}
        <TextField label="Note for the agent (optional)" value={note} onChange={(event) => setNote(event.target.value)} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={busy || !taskId}>
            Give
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
