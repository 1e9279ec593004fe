import { useNavigate } from "@tanstack/react-router"
import { Command } from "cmdk"
import { signOut } from "@/api/http"
import { useStore } from "@/api/store"
import { statusText, toneOf } from "@/state/attention"
import { taskStore } from "@/state/taskStore"
import { openNewTask } from "@/tasks/newTask"
import { StatusDot } from "@/ui/StatusDot"
import { helpOpen, paletteOpen } from "./overlayState"

const ITEM = "flex cursor-pointer items-center gap-2.5 rounded-md px-3 py-2 text-sm data-[selected=true]:bg-accent-soft"
const GROUP = "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"

/** Goes anywhere and does anything by typing. */
export default function CommandPalette() {
  const navigate = useNavigate()
  const { tasks } = useStore(taskStore)
  const close = () => paletteOpen.set(false)
  const then = (act: () => void) => () => (close(), act())
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && close()}
      label="Command palette"
      loop
      overlayClassName="fixed inset-0 z-40 bg-black/50"
      contentClassName="fixed top-[10dvh] left-1/2 z-50 w-[min(38rem,94vw)] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-2xl"
    >
      <Command.Input
        placeholder="Go to a task, or do something…"
        className="w-full border-b border-line bg-surface px-4 py-3 text-sm outline-none placeholder:text-muted"
      />
      <Command.List className="max-h-[60dvh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-sm text-muted">Nothing matches.</Command.Empty>
        <Command.Group heading="Do" className={GROUP}>
          <Command.Item className={ITEM} onSelect={then(openNewTask)}>
            New task…
          </Command.Item>
          <Command.Item className={ITEM} onSelect={then(() => void navigate({ to: "/inbox" }))}>
            Answer permission requests
          </Command.Item>
          <Command.Item className={ITEM} onSelect={then(() => helpOpen.set(true))}>
            Keyboard shortcuts
          </Command.Item>
          <Command.Item className={ITEM} onSelect={then(() => void signOut())}>
            Sign out
          </Command.Item>
        </Command.Group>
        <Command.Group heading="Go to" className={GROUP}>
          <Command.Item className={ITEM} onSelect={then(() => void navigate({ to: "/" }))}>
            Tasks
          </Command.Item>
          <Command.Item className={ITEM} onSelect={then(() => void navigate({ to: "/documents" }))}>
            Documents
          </Command.Item>
          <Command.Item className={ITEM} onSelect={then(() => void navigate({ to: "/system" }))}>
            System
          </Command.Item>
          <Command.Item className={ITEM} onSelect={then(() => location.assign("/graphiql"))}>
            GraphiQL
          </Command.Item>
        </Command.Group>
        <Command.Group heading="Tasks" className={GROUP}>
          {[...tasks.values()].map((task) => (
            <Command.Item
              key={task.id}
              value={`${task.title} ${task.id}`}
              keywords={[task.project.name, task.branch ?? ""]}
              className={ITEM}
              onSelect={then(() => void navigate({ to: "/tasks/$taskId", params: { taskId: task.id } }))}
            >
              <StatusDot tone={toneOf(task)} />
              <span className="min-w-0 flex-1 truncate">{task.title}</span>
              <span className="truncate text-xs text-muted">{statusText(task)}</span>
            </Command.Item>
          ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  )
}
