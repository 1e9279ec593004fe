import { useState } from "react"
import { toast } from "sonner"
import { useStore } from "@/api/store"
import { actionsFor, type ActionInfo, type ActionName } from "@/state/lifecycle"
import type { TaskCard } from "@/state/taskCard"
import { taskStore, touchTask } from "@/state/taskStore"
import { useLifecycleActions, type ActionDetails } from "@/state/useLifecycle"
import { waitOf } from "@/state/wait"
import { Button } from "@/ui/Button"
import { ConfirmDialog } from "@/ui/ConfirmDialog"
import { counted } from "@/ui/time"

type SelectionBarProps = { tasks: readonly TaskCard[]; onClear: () => void }

/** Every action that makes sense for at least one selected task, with the number it would touch. Pure. */
export function sharedActions(tasks: readonly TaskCard[], startQueue: readonly string[] = []): { action: ActionInfo; tasks: TaskCard[] }[] {
  const found = new Map<ActionName, { action: ActionInfo; tasks: TaskCard[] }>()
  for (const task of tasks) {
    for (const action of actionsFor({ ...task, wait: waitOf(task, startQueue) })) {
      const entry = found.get(action.name) ?? { action, tasks: [] }
      entry.tasks.push(task)
      found.set(action.name, entry)
    }
  }
  return [...found.values()]
}

export function SelectionBar({ tasks, onClear }: SelectionBarProps) {
  const { perform, busy } = useLifecycleActions()
  const [asking, setAsking] = useState<ActionName>()
  const { startQueue } = useStore(taskStore)
  const offers = sharedActions(tasks, startQueue)
  const asked = offers.find(({ action }) => action.name === asking)

  const run = async (name: ActionName, details: ActionDetails = {}) => {
    const touched = offers.find(({ action }) => action.name === name)?.tasks ?? []
    const results = await Promise.all(touched.map(({ id }) => perform(id, name, details)))
    for (const { id } of touched) touchTask(id)
    const done = results.filter((result) => result !== undefined).length
    if (done > 0) toast.success(`Done for ${counted(done, "task")}.`)
    setAsking(undefined)
    onClear()
  }
  return (
    <div className="mx-4 mt-3 flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-surface px-4 py-2">
      <p className="mr-auto text-sm font-medium">{counted(tasks.length, "task")} selected</p>
      {offers.map(({ action, tasks: touched }) => (
        <Button
          key={action.name}
          size="small"
          kind={action.danger ? "danger" : "plain"}
          title={action.effect}
          disabled={busy}
          onClick={() => (action.confirm ? setAsking(action.name) : void run(action.name))}
        >
          {action.label} {touched.length}
        </Button>
      ))}
      <Button size="small" kind="quiet" onClick={onClear}>
        Clear
      </Button>
      {asked && (
        <ConfirmDialog
          action={{ ...asked.action, label: `${asked.action.label} (${counted(asked.tasks.length, "task")})` }}
          busy={busy}
          onCancel={() => setAsking(undefined)}
          onConfirm={({ text }) => void run(asked.action.name, { text })}
        />
      )}
    </div>
  )
}
