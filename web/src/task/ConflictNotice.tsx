import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { Button } from "@/ui/Button"

const ResolveMutation = graphql(`
  mutation ResolveConflict($taskId: ID!, $policy: ConflictPolicy!) { resolveConflict(taskId: $taskId, policy: $policy) { id } }
`)

const ANSWERS = [
  { policy: "STACK", label: "Stack", effect: "Puts this task's branch on top of the other one, then commits." },
  { policy: "HOLD", label: "Hold", effect: "Leaves the change uncommitted and tries again with every later commit." },
] as const

/** Changes that cannot be committed because they depend on another task's branch, and what can be done. */
export function ConflictNotice({ task }: { task: { id: string; conflict: string | null } }) {
  const { busy, run } = useAction(ResolveMutation)
  if (!task.conflict) return null
  return (
    <section aria-label="Conflict" className="flex flex-col gap-2 border-b border-line bg-warn-soft px-4 py-3 text-sm">
      <p>{task.conflict}</p>
      <ul className="flex flex-col gap-2">
        {ANSWERS.map(({ policy, label, effect }) => (
          <li key={policy} className="flex items-center gap-3">
            <Button size="small" disabled={busy} onClick={() => void run({ taskId: task.id, policy })}>
              {label}
            </Button>
            {effect}
          </li>
        ))}
      </ul>
    </section>
  )
}
