import { useNavigate } from "@tanstack/react-router"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import type { ActionName } from "./lifecycle"
import { touchTask } from "./taskStore"

const Start = graphql(`mutation StartTask($id: ID!) { startTask(id: $id) { id } }`)
const Unqueue = graphql(`mutation Unqueue($id: ID!) { unqueueTask(id: $id) { id } }`)
const TakeOver = graphql(`
  mutation TakeOver($id: ID!, $mode: RunMode!) { switchRunMode(taskId: $id, mode: $mode, interrupt: true) { id } }
`)
const Interrupt = graphql(`mutation Interrupt($id: ID!) { interruptAgent(taskId: $id) { id } }`)
const Restart = graphql(`mutation Restart($id: ID!, $fresh: Boolean) { restartAgent(taskId: $id, fresh: $fresh) { id } }`)
const Complete = graphql(`mutation Complete($id: ID!, $result: String) { completeTask(id: $id, result: $result) { id } }`)
const Fail = graphql(`
  mutation Fail($id: ID!, $reason: String!, $deleteBranch: Boolean) {
    failTask(id: $id, reason: $reason, deleteBranch: $deleteBranch) { id }
  }
`)
const Delete = graphql(`mutation Delete($id: ID!) { deleteTask(id: $id) }`)

export type ActionDetails = { text?: string; deleteBranch?: boolean }

/** Lifecycle actions on any task; each resolves with undefined after its refusal was shown. */
export function useLifecycleActions() {
  const start = useAction(Start)
  const unqueue = useAction(Unqueue)
  const takeOver = useAction(TakeOver)
  const interrupt = useAction(Interrupt)
  const restart = useAction(Restart)
  const complete = useAction(Complete)
  const fail = useAction(Fail)
  const remove = useAction(Delete)

  const perform = (id: string, name: ActionName, { text, deleteBranch }: ActionDetails): Promise<object | undefined> => {
    switch (name) {
      case "unqueue":
        return unqueue.run({ id })
      case "start":
      case "go-on":
        return start.run({ id })
      case "take-over-terminal":
        return takeOver.run({ id, mode: "INTERACTIVE" })
      case "take-over-headless":
        return takeOver.run({ id, mode: "HEADLESS" })
      case "interrupt":
        return interrupt.run({ id })
      case "restart":
        return restart.run({ id, fresh: false })
      case "restart-fresh":
        return restart.run({ id, fresh: true })
      case "complete":
        return complete.run({ id, result: text || null })
      case "fail":
        return fail.run({ id, reason: text || "Given up", deleteBranch: deleteBranch ?? false })
      case "delete":
        return remove.run({ id })
    }
  }
  const busy = [start, unqueue, takeOver, interrupt, restart, complete, fail, remove].some((action) => action.busy)
  return { perform, busy }
}

/** The same for one task; `act` resolves to whether the server took it. */
export function useLifecycle(id: string) {
  const navigate = useNavigate()
  const { perform, busy } = useLifecycleActions()
  const act = async (name: ActionName, details: ActionDetails = {}): Promise<boolean> => {
    const taken = (await perform(id, name, details)) !== undefined
    touchTask(id)
    if (taken && name === "delete") void navigate({ to: "/" })
    return taken
  }
  return { act, busy }
}
