import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { movedBeside, movedBy } from "@/ui/useSortable"

const UpdateMutation = graphql(`mutation UpdateMessage($id: ID!, $text: String!) { updateMessage(id: $id, text: $text) { id text state } }`)
const RemoveMutation = graphql(`mutation RemoveMessage($id: ID!) { removeMessage(id: $id) }`)
const ReorderMutation = graphql(`
  mutation ReorderMessages($taskId: ID!, $ids: [ID!]!) { reorderMessages(taskId: $taskId, ids: $ids) { id } }
`)

/** Changes what waits for the agent; each is refused, with the reason, when it is too late. */
export function useMessageQueue(taskId: string, ids: readonly string[]) {
  const update = useAction(UpdateMutation)
  const remove = useAction(RemoveMutation)
  const reorder = useAction(ReorderMutation)
  const putInto = (order: string[]) => {
    if (order.some((id, index) => id !== ids[index])) void reorder.run({ taskId, ids: order })
  }
  return {
    busy: update.busy || remove.busy || reorder.busy,
    update: async (id: string, text: string) => (await update.run({ id, text })) !== undefined,
    remove: (id: string) => void remove.run({ id }),
    moveBeside: (id: string, other: string, after: boolean) => putInto(movedBeside(ids, id, other, after)),
    moveBy: (id: string, step: 1 | -1) => putInto(movedBy(ids, id, step)),
  }
}

export type MessageQueue = ReturnType<typeof useMessageQueue>
