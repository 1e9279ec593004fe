import { useRef } from "react"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { touchTask } from "@/state/taskStore"
import { createInput, type Draft } from "./newTask"

export const CreateMutation = graphql(`mutation CreateTask($input: CreateTaskInput!) { createTask(input: $input) { id } }`)
const StartMutation = graphql(`mutation StartNewTask($id: ID!) { startTask(id: $id) { id } }`)
const ReferMutation = graphql(`
  mutation ReferNewTask($input: AddDocumentReferenceInput!) { addDocumentReference(input: $input) { id } }
`)

/** Creates a task with its references, then starts it if wanted; resolves to its id. */
export function useCreateTask() {
  // The same key for every try of this draft: a double click or a retry creates one task.
  const key = useRef(crypto.randomUUID())
  const create = useAction(CreateMutation)
  const start = useAction(StartMutation)
  const refer = useAction(ReferMutation)

  const submit = async (draft: Draft, projectId: string | undefined, thenStart: boolean): Promise<string | undefined> => {
    const created = await create.run({ input: createInput(draft, projectId, key.current) })
    if (!created) return undefined
    const { id } = created.createTask
    for (const { path, heading } of draft.references) await refer.run({ input: { taskId: id, path, heading: heading ?? null } })
    if (thenStart) await start.run({ id })
    touchTask(id)
    return id
  }
  return { submit, busy: create.busy || start.busy || refer.busy }
}
