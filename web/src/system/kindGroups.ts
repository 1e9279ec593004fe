/** Kinds of events by what people look for in a log. Pure. */
import type { EventKind } from "@/api/eventKinds"

export const KIND_GROUPS: Record<string, readonly EventKind[]> = {
  Permissions: [
    "permission.requested",
    "permission.resolved",
    "permission.enforced",
    "permission.rule_added",
    "permission.rule_changed",
    "permission.rule_removed",
  ],
  Tasks: ["task.created", "task.updated", "task.status", "task.deleted", "project.added"],
  Messages: [
    "message.queued",
    "message.delivered",
    "message.accepted",
    "message.failed",
    "message.updated",
    "message.removed",
    "message.reordered",
  ],
  Runs: ["run.started", "run.ended", "run.usage", "agent.left"],
  "Version control": ["vcs.branch", "vcs.commit", "vcs.conflict", "vcs.resolved", "vcs.closed", "vcs.unassigned"],
  Trouble: ["agent.error", "agent.silent", "agent.lines_lost", "vcs.error", "vcs.conflict", "host.error", "host.orphan"],
}

/** What a choice in the filter asks the server for: a group's kinds, a kind itself, or (undefined) all. */
export function kindsOf(choice: string): string[] | undefined {
  if (!choice.trim()) return undefined
  return [...(KIND_GROUPS[choice] ?? [choice.trim()])]
}
