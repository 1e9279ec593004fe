import { Link } from "@tanstack/react-router"
import { X } from "lucide-react"
import { useMemo } from "react"
import type { FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { useAction } from "@/api/useAction"
import { useLiveQuery } from "@/api/useLiveQuery"
import { useDocuments } from "@/state/documents"
import { Badge } from "@/ui/Badge"
import { IconButton } from "@/ui/Button"
import { Code } from "@/ui/Code"
import { DocumentFinder } from "@/ui/DocumentFinder"
import { Empty, Loaded } from "@/ui/Notice"
import { AddReferenceMutation } from "./documentQueries"
import { placeWords } from "./ReferenceDialog"

const ReferencesQuery = graphql(`
  query TaskReferences($id: ID!) {
    task(id: $id) { id references { id path heading startLine endLine note stale problem was { text truncated } } }
  }
`)
const RemoveMutation = graphql(`mutation RemoveReference($id: ID!) { removeDocumentReference(id: $id) }`)

type TaskDocumentsProps = { task: { id: string; project: { id: string } } }

/** The documents a task refers to; whether they still say what they said. */
export function TaskDocuments({ task }: TaskDocumentsProps) {
  const concerns = useMemo(
    () => (event: FeedEvent) => event.kind === "document.changed" || event.taskId === task.id,
    [task.id],
  )
  const [state, reread] = useLiveQuery(ReferencesQuery, { id: task.id }, concerns)
  const { documents } = useDocuments(task.project.id)
  const add = useAction(AddReferenceMutation)
  const remove = useAction(RemoveMutation)
  const again = () => reread({ requestPolicy: "network-only" })
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-4 p-4">
      <DocumentFinder
        label="Give another document to the task"
        documents={documents}
        onChoose={(path) => void add.run({ input: { taskId: task.id, path } }).then(again)}
      />
      <Loaded state={state} what="references">
        {(data) => {
          const references = data.task?.references ?? []
          if (references.length === 0) return <Empty title="No documents">What is given here goes to the agent with its first prompt.</Empty>
          return (
            <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
              {references.map((reference) => (
                <li key={reference.id} className="flex items-center gap-3 px-4 py-2 text-sm">
                  <div className="min-w-0 flex-1">
                    <Link
                      to="/documents"
                      search={{ project: task.project.id, path: reference.path }}
                      className="font-mono text-xs break-all text-accent hover:underline"
                    >
                      {reference.path}
                    </Link>
                    <p className="text-muted">{placeWords(placeOf(reference))}</p>
                    {reference.note && <p>{reference.note}</p>}
                    {reference.problem && <p className="text-warn">{reference.problem}</p>}
                    {reference.stale && reference.was && (
                      <details>
                        <summary className="cursor-pointer text-muted">What it was</summary>
                        <Code text={reference.was.text + (reference.was.truncated ? "\n…" : "")} />
                      </details>
                    )}
                  </div>
                  {reference.stale && (
                    <Badge tone="warn" title="The document has changed since the reference was made.">
                      changed since
                    </Badge>
                  )}
                  <IconButton label={`Remove ${reference.path}`} onClick={() => void remove.run({ id: reference.id }).then(again)}>
                    <X size={16} aria-hidden />
                  </IconButton>
                </li>
              ))}
            </ul>
          )
        }}
      </Loaded>
    </div>
  )
}

type Stored = { heading: string | null; startLine: number | null; endLine: number | null }

const placeOf = ({ heading, startLine, endLine }: Stored) => ({
  heading: heading ?? undefined,
  startLine: startLine ?? undefined,
  endLine: endLine ?? undefined,
})
