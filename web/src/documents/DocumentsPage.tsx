import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useDeferredValue, useMemo, useState } from "react"
import { useDocuments } from "@/state/documents"
import { useProjects } from "@/state/projects"
import { Empty, Loaded } from "@/ui/Notice"
import { Page } from "@/ui/Page"
import { DocumentTree } from "./DocumentTree"
import { DocumentView } from "./DocumentView"
import { treeOf } from "./tree"

const route = getRouteApi("/documents")
const CONTROL = "w-full rounded-md border border-control bg-surface px-2 py-1.5 text-sm placeholder:text-muted"

/** The project's Markdown documents, to read and to give to tasks. */
export function DocumentsPage() {
  const navigate = useNavigate()
  const { project: wanted, path } = route.useSearch()
  const { projects } = useProjects()
  const project = projects.find(({ id }) => id === wanted) ?? projects[0]
  const [match, setMatch] = useState("")
  const deferred = useDeferredValue(match.trim())
  const { state } = useDocuments(project?.id, deferred || null)
  return (
    <Page title="Documents">
      <div className="flex min-h-full flex-col md:h-full md:flex-row">
        <aside className="flex shrink-0 flex-col gap-2 border-line p-3 max-md:border-b md:w-64 md:overflow-y-auto md:border-r">
          {projects.length > 1 && (
            <select
              aria-label="Project"
              value={project?.id ?? ""}
              onChange={(event) => void navigate({ to: "/documents", search: { project: event.target.value } })}
              className={CONTROL}
            >
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          )}
          <input
            type="search"
            aria-label="Search documents"
            placeholder="Search paths, titles and text"
            value={match}
            onChange={(event) => setMatch(event.target.value)}
            className={CONTROL}
          />
          <Loaded state={state} what="documents">
            {({ documents }) => <Tree documents={documents} project={project?.id} current={path} searched={Boolean(deferred)} />}
          </Loaded>
        </aside>
        <div className="min-w-0 flex-1 md:overflow-y-auto">
          {path ? (
            <DocumentView key={path} projectId={project?.id} path={path} />
          ) : (
            <Empty title="Choose a document">A section or some lines of it can be given to a task as context.</Empty>
          )}
        </div>
      </div>
    </Page>
  )
}

type TreeProps = { documents: Parameters<typeof treeOf<{ path: string; title: string; provider: string }>>[0]; project?: string; current?: string; searched: boolean }

function Tree({ documents, project, current, searched }: TreeProps) {
  const tree = useMemo(() => treeOf(documents), [documents])
  if (documents.length === 0) {
    return <p className="p-2 text-sm text-muted">{searched ? "No document matches." : "This project has no Markdown documents."}</p>
  }
  return (
    <nav aria-label="Documents">
      <DocumentTree folder={tree} project={project} current={current} />
    </nav>
  )
}
