import { toast } from "sonner"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { useChoices } from "@/state/choices"
import { Button } from "@/ui/Button"
import { CopyLine } from "@/ui/CopyLine"

const PushMutation = graphql(`mutation PushTask($id: ID!) { pushTask(id: $id) }`)

type PushBranchProps = { task: { id: string; branch: string | null; vcsBackend: string; project: { path: string } } }

/** Pushes the task's branch to the project's remote; where Chorus does not, how to do it by hand. */
export function PushBranch({ task: { id, branch, vcsBackend, project } }: PushBranchProps) {
  const { busy, run } = useAction(PushMutation)
  const { pushing } = useChoices()
  if (!branch || !pushing) return null
  const push = async () => {
    const done = await run({ id })
    if (done) toast.success(`Pushed as ${done.pushTask}.`)
  }
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-1 px-4 pt-4 text-sm">
      {pushing.includes(vcsBackend) ? (
        <div className="flex items-center gap-3">
          <span className="min-w-0 flex-1 font-mono text-xs break-all text-muted">{branch}</span>
          <Button size="small" disabled={busy} title="Pushes the branch to the project's remote." onClick={() => void push()}>
            Push
          </Button>
        </div>
      ) : (
        <>
          <p className="text-xs text-muted">Chorus does not push {vcsBackend} branches. To push this one:</p>
          <CopyLine text={`git -C ${quoted(project.path)} push -u origin ${quoted(branch)}`} label="Copy the command" />
        </>
      )}
    </div>
  )
}

/** As one word of a POSIX shell. Pure. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
