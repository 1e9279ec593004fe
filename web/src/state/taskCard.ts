import { graphql, type FragmentOf } from "@/api/graphql"

/** What every list of tasks shows of one. */
export const TaskCardFragment = graphql(`
  fragment TaskCard on Task {
    id title priority status agentStatus activity statusSource statusSince waitingFor waitUntil agent branch createdAt addedLines removedLines changedFiles costUsd budgetUsd inputTokens outputTokens
    project { id name }
  }
`)

export type TaskCard = FragmentOf<typeof TaskCardFragment>
export type TaskStatus = TaskCard["status"]
export type AgentStatus = TaskCard["agentStatus"]
