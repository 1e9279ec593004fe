/** What can be done to a task now, and what each of it will do, in words. Pure. */
import type { Confirmation } from "@/ui/ConfirmDialog"
import { isBusy } from "./attention"
import type { AgentStatus, TaskStatus } from "./taskCard"
import type { Wait } from "./wait"

export type ActionName = "take-over-terminal" | "take-over-headless" | "start" | "go-on" | "unqueue" | "interrupt" | "restart" | "restart-fresh" | "complete" | "fail" | "delete"

export type ActionInfo = Confirmation & {
  name: ActionName
  /** Asked for in a dialog first. */
  confirm: boolean
}

type TaskState = { status: TaskStatus; agentStatus: AgentStatus; wait?: Wait; availableRunModes?: readonly ("INTERACTIVE" | "HEADLESS")[] }

const START: ActionInfo = {
  name: "start",
  label: "Start",
  effect: "Creates the task's branch, opens its terminal and gives the agent the description as its first prompt.",
  confirm: false,
}
const START_AGAIN: ActionInfo = {
  ...START,
  label: "Start again",
  effect: "Opens the task's branch and terminal again and gives the agent the description as its prompt.",
}
const GO_ON: ActionInfo = {
  name: "go-on",
  label: "Go on now",
  effect: "Has the agent go on before its time, in the same conversation.",
  confirm: false,
}
const UNQUEUE: ActionInfo = {
  name: "unqueue",
  label: "Take out of the queue",
  effect: "The task is not started after all. Its messages stay.",
  confirm: false,
}
const INTERRUPT: ActionInfo = {
  name: "interrupt",
  label: "Interrupt",
  effect: "Ends the agent's turn as Escape would. The agent keeps running and waits for a message.",
  confirm: false,
}
const RESTART: ActionInfo = {
  name: "restart",
  label: "Restart agent",
  effect: "Ends the agent's process and starts it again in the same terminal, with the same conversation.",
  confirm: true,
}
const RESTART_FRESH: ActionInfo = {
  name: "restart-fresh",
  label: "Restart with a new conversation",
  effect: "Ends the agent's process and starts it again without its memory. Branch, files and queue stay.",
  confirm: true,
}
const TAKE_OVER_TERMINAL: ActionInfo = {
  name: "take-over-terminal",
  label: "Take over in the terminal",
  effect: "Ends the headless process, and its turn if it is at work, and goes on with the same conversation in the terminal, where you can type.",
  confirm: true,
}
const TAKE_OVER_HEADLESS: ActionInfo = {
  name: "take-over-headless",
  label: "Go on headless",
  effect: "Ends the agent in the terminal, and its turn if it is at work, and goes on with the same conversation without one.",
  confirm: true,
}
const COMPLETE: ActionInfo = {
  name: "complete",
  label: "Complete",
  effect: "Ends the agent and closes the task as done. The branch and its commits stay for you to merge.",
  confirm: true,
  question: "What came of it? (optional)",
}
const FAIL: ActionInfo = {
  name: "fail",
  label: "Give up",
  effect: "Ends the agent and closes the task as failed. The branch stays unless you choose to delete it.",
  confirm: true,
  question: "Why?",
  answerRequired: true,
  danger: true,
}
const DELETE: ActionInfo = {
  name: "delete",
  label: "Delete",
  effect: "Removes the task and its history from Chorus.",
  confirm: true,
  danger: true,
}

export function actionsFor({ status, agentStatus, wait, availableRunModes }: TaskState): ActionInfo[] {
  switch (status) {
    case "PENDING":
      return [START, DELETE]
    case "WAITING":
      if (wait === "start") return [UNQUEUE, COMPLETE, FAIL]
      return [GO_ON, COMPLETE, ...takeOver(availableRunModes), RESTART, RESTART_FRESH, FAIL]
    case "RUNNING": {
      const turn = isBusy(agentStatus) || agentStatus === "WAITING"
      return [...(turn ? [INTERRUPT] : []), COMPLETE, ...takeOver(availableRunModes), RESTART, RESTART_FRESH, FAIL]
    }
    case "FAILED":
      return [START_AGAIN, DELETE]
    default:
      return []
  }
}

/** Where the server says that it works. */
function takeOver(modes: TaskState["availableRunModes"]): ActionInfo[] {
  return (modes ?? []).map((mode) => (mode === "HEADLESS" ? TAKE_OVER_HEADLESS : TAKE_OVER_TERMINAL))
}
