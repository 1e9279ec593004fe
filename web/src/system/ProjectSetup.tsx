import { useState } from "react"
import { toast } from "sonner"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { useChoices } from "@/state/choices"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { SelectField } from "@/ui/Field"

const SetUpMutation = graphql(`
  mutation SetUpProject($id: ID!, $vcsBackend: String!, $consent: Boolean!) {
    setUpProject(id: $id, vcsBackend: $vcsBackend, consent: $consent)
  }
`)
const LeaveMutation = graphql(`
  mutation LeaveProject($id: ID!, $vcsBackend: String!) { leaveProject(id: $id, vcsBackend: $vcsBackend) { id } }
`)

type ProjectSetupProps = { project: { id: string; name: string } }

/** Makes a repository ready for a VCS backend that has to change it: first what would change, then only with consent. */
export function ProjectSetup({ project }: ProjectSetupProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" kind="quiet" onClick={() => setOpen(true)}>
        Version control…
      </Button>
      {open && <SetupDialog project={project} onClose={() => setOpen(false)} />}
    </>
  )
}

function SetupDialog({ project, onClose }: ProjectSetupProps & { onClose: () => void }) {
  const { vcsBackends } = useChoices()
  const [chosen, setChosen] = useState("")
  const [answer, setAnswer] = useState<string>()
  const setUp = useAction(SetUpMutation)
  const leave = useAction(LeaveMutation)
  const vcsBackend = chosen || vcsBackends[0]?.name || ""
  const ask = async (consent: boolean) => {
    const done = await setUp.run({ id: project.id, vcsBackend, consent })
    if (done) setAnswer(done.setUpProject)
  }
  const undo = async () => {
    if (await leave.run({ id: project.id, vcsBackend })) toast.success("Undone; the branches stay.")
  }
  const busy = setUp.busy || leave.busy
  const description = "Some backends change a repository before they work in it."
  return (
    <Dialog open onClose={onClose} title={`Version control of ${project.name}`} description={description}>
      <SelectField
        label="Backend"
        value={vcsBackend}
        hint={vcsBackends.find(({ name }) => name === vcsBackend)?.unavailable}
        onChange={(event) => (setChosen(event.target.value), setAnswer(undefined))}
      >
        {vcsBackends.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      {answer && (
        <p role="status" className="mt-4 rounded-md bg-sunken px-3 py-2 text-sm whitespace-pre-wrap">
          {answer}
        </p>
      )}
      <DialogActions>
        <Button kind="quiet" disabled={busy || !vcsBackend} onClick={() => void undo()}>
          Undo its set-up
        </Button>
        <Button disabled={busy || !vcsBackend} onClick={() => void ask(false)}>
          What would change?
        </Button>
        <Button kind="primary" disabled={busy || !answer} onClick={() => void ask(true)}>
          Set up
        </Button>
      </DialogActions>
    </Dialog>
  )
}
