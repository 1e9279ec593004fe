/** Plans of an agent that wait for approval. Pure. */
import type { Permission } from "@/state/pendingPermissions"

export type AfterPlan = Permission["planOptions"][number]

export type Approval = { afterPlan: AfterPlan | null; words: string; hint: string }

const APPROVALS: Record<AfterPlan, Approval> = {
  ASK_FOR_EDITS: { afterPlan: "ASK_FOR_EDITS", words: "Approve, ask for each edit", hint: "The agent begins, and asks before it edits a file." },
  ACCEPT_EDITS: { afterPlan: "ACCEPT_EDITS", words: "Approve and accept edits", hint: "The agent begins, and edits files in the task's folder unasked." },
}

const PLAIN: Approval = { afterPlan: null, words: "Approve the plan", hint: "The agent goes on in the mode it was in before." }

/** The ways to approve a plan, the usual one first. */
export const approvals = (choices: readonly AfterPlan[]): readonly Approval[] =>
  choices.length > 0 ? choices.map((choice) => APPROVALS[choice]) : [PLAIN]
