import { ChevronDown } from "lucide-react"
import { useState } from "react"
import { actionsFor, type ActionInfo } from "@/state/lifecycle"
import { useLifecycle } from "@/state/useLifecycle"
import { useWait } from "@/state/wait"
import { Button } from "@/ui/Button"
import { ConfirmDialog } from "@/ui/ConfirmDialog"
import { Menu, MenuItem } from "@/ui/Menu"
import type { TaskDetail } from "./taskQuery"

const SHOWN = new Set(["start", "go-on", "unqueue", "interrupt", "complete"])

/** What can be done to the task now; the rarer actions are in a menu that says what they do. */
export function LifecycleButtons({ task }: { task: TaskDetail }) {
  const [asking, setAsking] = useState<ActionInfo>()
  const { act, busy } = useLifecycle(task.id)
  const actions = actionsFor({ ...task, wait: useWait(task) })
  const choose = (action: ActionInfo) => (action.confirm ? setAsking(action) : void act(action.name))
  const shown = actions.filter(({ name }) => SHOWN.has(name))
  const rest = actions.filter(({ name }) => !SHOWN.has(name))
  return (
    <>
      {shown.map((action) => (
        <Button
          key={action.name}
          kind={action.name === "start" ? "primary" : "plain"}
          title={action.effect}
          disabled={busy}
          onClick={() => choose(action)}
        >
          {action.label}
        </Button>
      ))}
      {rest.length > 0 && (
        <Menu
          trigger={
            <Button kind="quiet" aria-label="More actions">
              More <ChevronDown size={14} aria-hidden />
            </Button>
          }
        >
          {rest.map((action) => (
            <MenuItem key={action.name} danger={action.danger} hint={action.effect} onSelect={() => choose(action)}>
              {action.label}
            </MenuItem>
          ))}
        </Menu>
      )}
      {asking && (
        <ConfirmDialog
          action={asking}
          option={asking.name === "fail" && task.branch ? `Delete the branch ${task.branch} and its commits, too` : undefined}
          busy={busy}
          onCancel={() => setAsking(undefined)}
          onConfirm={async ({ text, optionChosen }) => (await act(asking.name, { text, deleteBranch: optionChosen })) && setAsking(undefined)}
        />
      )}
    </>
  )
}
