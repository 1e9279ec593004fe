import { toast } from "sonner"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { Button } from "@/ui/Button"

const PushMutation = graphql(`mutation PushTask($id: ID!) { pushTask(id: $id) }`)

/** Pushes the task's branch to the project's remote. */
export function PushBranch({ task }: { task: { id: string; branch: string | null } }) {
  const { busy, run } = useAction(PushMutation)
  if (!task.branch) return null
  const push = async () => {
    const done = await run({ id: task.id })
    if (done) toast.success(`Pushed as ${done.pushTask}.`)
  }
  return (
    <div className="mx-auto flex max-w-3xl items-center gap-3 px-4 pt-4 text-sm">
      <span className="min-w-0 flex-1 font-mono text-xs break-all text-muted">{task.branch}</span>
      <Button size="small" disabled={busy} title="Pushes the branch to the project's remote." onClick={() => void push()}>
        Push
      </Button>
    </div>
  )
}
