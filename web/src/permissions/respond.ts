import { useCallback } from "react"
import { useAction } from "@/api/useAction"
import { graphql, type VariablesOf } from "@/api/graphql"
import { readPending } from "./pending"

const RespondMutation = graphql(`
  mutation Respond($id: ID!, $decision: PermissionDecision!, $message: String, $scope: PermissionScope) {
    respondToPermission(id: $id, decision: $decision, message: $message, scope: $scope) {
      id state decidedAt decidedBy message
    }
  }
`)

export type Answer = VariablesOf<typeof RespondMutation>
export type Scope = NonNullable<Answer["scope"]>

/** Answers a request; the list is read again whether the answer was taken or somebody else was faster. */
export function useRespond(): { busy: boolean; respond: (answer: Answer) => Promise<boolean> } {
  const { busy, run } = useAction(RespondMutation)
  const respond = useCallback(
    async (answer: Answer) => {
      const data = await run(answer)
      readPending()
      return data !== undefined
    },
    [run],
  )
  return { busy, respond }
}
