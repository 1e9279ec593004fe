import type { TaskCard } from "@/state/taskCard"

/** A task as lists have it: not started, unless `part` says more. */
export const taskCard = (id: string, part: Partial<TaskCard> = {}): TaskCard => ({
  id,
  title: `Task ${id}`,
  priority: 0,
  status: "PENDING",
  agentStatus: "STOPPED",
  activity: null,
  statusSource: null,
  statusSince: null,
  agent: "claude",
  branch: null,
  addedLines: null,
  removedLines: null,
  changedFiles: null,
  waitingFor: null,
  waitUntil: null,
  costUsd: null,
  budgetUsd: null,
  inputTokens: null,
  outputTokens: null,
  createdAt: `2026-01-01T00:00:0${id.length}Z`,
  project: { id: "p", name: "shop" },
  ...part,
})
