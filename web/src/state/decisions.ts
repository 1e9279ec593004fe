import { useCallback } from "react"
import { graphql, type VariablesOf } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { readPending, type Permission } from "./pendingPermissions"
import type { Answers } from "./questions"

const RespondMutation = graphql(`
  mutation Respond(
    $id: ID!, $decision: PermissionDecision!, $message: String, $scope: PermissionScope, $pattern: String, $answers: JSON,
    $afterPlan: AfterPlan
  ) {
    respondToPermission(
      id: $id, decision: $decision, message: $message, scope: $scope, pattern: $pattern, answers: $answers,
      afterPlan: $afterPlan
    ) { id state decidedAt decidedBy message }
  }
`)

const RespondToManyMutation = graphql(`
  mutation RespondToMany($ids: [ID!]!, $decision: PermissionDecision!, $message: String) {
    respondToPermissions(ids: $ids, decision: $decision, message: $message) { id code message }
  }
`)

type Variables = VariablesOf<typeof RespondMutation>
export type Decision = Variables["decision"]
export type Scope = NonNullable<Variables["scope"]>
export type Answer = Omit<Variables, "answers"> & { answers?: Answers }

/** What a key allows: a request once, a plan in the way of its task's profile. Pure. */
export const allowance = ({ id, planOptions }: Pick<Permission, "id" | "planOptions">): Answer => ({
  id,
  decision: "ALLOW",
  afterPlan: planOptions[0] ?? null,
})

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

export type Outcome = { id: string; code: string | null; message: string | null }

/** Answers many alike; each has its own outcome, or undefined when none was taken. */
export function useRespondToMany(): { busy: boolean; respondToMany: (ids: readonly string[], decision: Decision) => Promise<Outcome[] | undefined> } {
  const { busy, run } = useAction(RespondToManyMutation)
  const respondToMany = useCallback(
    async (ids: readonly string[], decision: Decision) => {
      const data = await run({ ids: [...ids], decision })
      readPending()
      return data?.respondToPermissions
    },
    [run],
  )
  return { busy, respondToMany }
}
