import { useStore } from "@/api/store"
import type { TaskCard } from "./taskCard"
import { taskStore } from "./taskStore"

/** Why a task is WAITING: for its turn to be started, or for a limit of its agent to reset. */
export type Wait = "start" | "limit"

export function waitOf({ id, status }: Pick<TaskCard, "id" | "status">, startQueue: readonly string[]): Wait | undefined {
  if (status !== "WAITING") return undefined
  return startQueue.includes(id) ? "start" : "limit"
}

export function useWait(task: Pick<TaskCard, "id" | "status">): Wait | undefined {
  return waitOf(task, useStore(taskStore).startQueue)
}
