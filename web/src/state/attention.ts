/** Sorts tasks by what they need from a person. Pure. */
import type { Tone } from "@/ui/Badge"
import type { AgentStatus, TaskCard, TaskStatus } from "./taskCard"

export type Attention = "needs-you" | "working" | "queued" | "idle" | "done"

export const ATTENTIONS: readonly Attention[] = ["needs-you", "working", "queued", "idle", "done"]

export const ATTENTION_TITLE: Record<Attention, string> = {
  "needs-you": "Needs you",
  working: "Working",
  queued: "Queued",
  idle: "Idle",
  done: "Done",
}

export const ATTENTION_MEANING: Record<Attention, string> = {
  "needs-you": "Waiting for an answer, or something went wrong",
  working: "An agent is busy",
  queued: "Waiting for a free place or a limit, or not started yet",
  idle: "Started, and the agent is waiting for a message",
  done: "Completed or given up",
}

const BUSY: ReadonlySet<AgentStatus> = new Set(["STARTING", "THINKING", "READING", "EDITING", "RUNNING"])

export const isBusy = (status: AgentStatus): boolean => BUSY.has(status)

type Statuses = Pick<TaskCard, "status" | "agentStatus">

export function attentionOf({ status, agentStatus }: Statuses): Attention {
  if (status === "PENDING") return "queued"
  if (status === "COMPLETED" || status === "FAILED") return "done"
  if (status === "WAITING") return "queued"
  if (agentStatus === "WAITING" || agentStatus === "ERRORED") return "needs-you"
  return isBusy(agentStatus) ? "working" : "idle"
}

export function groupByAttention<T extends Statuses>(tasks: readonly T[]): Record<Attention, T[]> {
  const groups: Record<Attention, T[]> = { "needs-you": [], working: [], queued: [], idle: [], done: [] }
  for (const task of tasks) groups[attentionOf(task)].push(task)
  return groups
}

const AGENT_WORDS: Record<AgentStatus, string> = {
  STOPPED: "Agent stopped",
  STARTING: "Agent starting",
  IDLE: "Idle",
  THINKING: "Thinking",
  READING: "Reading",
  EDITING: "Editing",
  RUNNING: "Running a tool",
  WAITING: "Waiting for you",
  ERRORED: "Agent has an error",
}

const TASK_WORDS: Record<TaskStatus, string> = {
  PENDING: "Not started",
  RUNNING: "Running",
  WAITING: "Queued",
  COMPLETED: "Completed",
  FAILED: "Failed",
}

export const agentWords = (status: AgentStatus): string => AGENT_WORDS[status] ?? status
export const taskWords = (status: TaskStatus): string => TASK_WORDS[status] ?? status

/** What a task waits for or does, or else its status, in one line. */
export function statusText(task: Statuses & { activity: string | null; waitingFor: string | null }): string {
  if (task.status === "WAITING" && task.waitingFor) return `Waits for ${task.waitingFor}`
  if (task.status !== "RUNNING" && task.status !== "WAITING") return taskWords(task.status)
  return task.activity || agentWords(task.agentStatus)
}

export function agentTone(status: AgentStatus): Tone {
  if (status === "ERRORED") return "danger"
  if (status === "WAITING") return "warn"
  return isBusy(status) ? "accent" : "neutral"
}

export function toneOf(task: Statuses): Tone {
  if (task.status === "COMPLETED") return "ok"
  if (task.status === "FAILED" || task.agentStatus === "ERRORED") return "danger"
  const attention = attentionOf(task)
  if (attention === "needs-you") return "warn"
  return attention === "working" ? "accent" : "neutral"
}
