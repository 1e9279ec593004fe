import { useState, type FormEvent } from "react"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { touchTask } from "@/tasks/taskStore"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { TextArea, TextField } from "@/ui/Field"
import type { TaskDetail } from "./taskQuery"

const UpdateMutation = graphql(`mutation EditTask($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) { id } }`)

export function EditTaskDialog({ task, onClose }: { task: TaskDetail; onClose: () => void }) {
  const [title, setTitle] = useState(task.title)
  const [description, setDescription] = useState(task.description)
  const { busy, run } = useAction(UpdateMutation)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await run({ id: task.id, input: { title, description } }))) return
    touchTask(task.id)
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title="Edit the task" wide>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <TextField label="Title" required value={title} onChange={(event) => setTitle(event.target.value)} />
        <TextArea
          label="Description (Markdown)"
          rows={12}
          hint={task.status === "PENDING" ? "The agent's first prompt." : "The agent has started already: it is not told about changes here."}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
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
