import { Dialog } from "@/ui/Dialog"
import { closeNewTask } from "./newTask"
import { NewTaskForm } from "./NewTaskForm"

export default function NewTaskDialog() {
  return (
    <Dialog open onClose={closeNewTask} title="New task" wide>
      <NewTaskForm />
    </Dialog>
  )
}
