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

type Variables = VariablesOf<typeof RespondMutation>
export type Scope = NonNullable<Variables["scope"]>
/** `answers`: to questions, each with its chosen labels or free text. */
export type Answer = Variables & { answers?: Record<string, string> }

/** Answers a request; the list is read again whether the answer was taken or somebody else was faster. */
export function useRespond(): { busy: boolean; respond: (answer: Answer) => Promise<boolean> } {
  const { busy, run } = useAction(RespondMutation)
  const respond = useCallback(
    async (answer: Answer) => {
      const { answers, ...rest } = answer
      const data = await run(answers ? { ...rest, message: Object.values(answers).join("; ") } : rest)
      readPending()
      return data !== undefined
    },
    [run],
  )
  return { busy, respond }
}
