import { graphql } from "@/api/graphql"

/** Says something to a task's agent. */
export const SendMutation = graphql(`
  mutation SendMessage($taskId: ID!, $text: String!, $clientMutationId: String) {
    sendMessage(taskId: $taskId, text: $text, clientMutationId: $clientMutationId) { id state }
  }
`)
