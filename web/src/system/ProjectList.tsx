import { useState, type FormEvent } from "react"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { useProjects } from "@/state/projects"
import { Badge } from "@/ui/Badge"
import { Button } from "@/ui/Button"
import { Cost } from "@/ui/Cost"
import { TextField } from "@/ui/Field"
import { Loaded } from "@/ui/Notice"
import { ProjectSetup } from "./ProjectSetup"
import { Section } from "./Section"
import { UnassignedChanges } from "./UnassignedChanges"

const AddMutation = graphql(`mutation AddProject($input: AddProjectInput!) { addProject(input: $input) { id name path defaultBranch trusted } }`)

/** The repositories this server works on. */
export function ProjectList() {
  const { state } = useProjects()
  return (
    <Section title="Projects">
      <Loaded state={state} what="projects">
        {({ projects }) => (
          <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
            {projects.map((project) => (
              <li key={project.id} className="flex flex-wrap items-center gap-x-3 px-4 py-2.5 text-sm">
                <span className="font-medium">{project.name}</span>
                <span className="min-w-0 flex-1 font-mono text-xs break-all text-muted">{project.path}</span>
                <span className="text-xs text-muted">{project.defaultBranch}</span>
                <span className="text-xs">
                  <Cost usage={{ ...project, budgetUsd: null }} />
                </span>
                <ProjectSetup project={project} />
                {!project.trusted && <Badge tone="warn">not trusted</Badge>}
                <UnassignedChanges projectId={project.id} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <AddProject />
    </Section>
  )
}

function AddProject() {
  const [path, setPath] = useState("")
  const { busy, run } = useAction(AddMutation)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (await run({ input: { path: path.trim() } })) setPath("")
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="mt-3 flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <TextField
          label="Add a repository"
          placeholder="/home/you/project"
          value={path}
          onChange={(event) => setPath(event.target.value)}
        />
      </div>
      <Button type="submit" disabled={busy || !path.trim()}>
        Add
      </Button>
    </form>
  )
}
