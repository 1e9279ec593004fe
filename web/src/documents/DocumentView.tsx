import { useState } from "react"
import { useLiveQuery } from "@/api/useLiveQuery"
import { documentChanged } from "@/state/documents"
import { Button } from "@/ui/Button"
import { Markdown } from "@/ui/Markdown"
import { Empty, Loaded } from "@/ui/Notice"
import { DocumentQuery, type OpenDocument } from "./documentQueries"
import { Outline } from "./Outline"
import { ReferenceDialog, type Place } from "./ReferenceDialog"
import { ReferringTasks } from "./ReferringTasks"
import { SourceLines } from "./SourceLines"

type DocumentViewProps = { projectId: string | undefined; path: string }

export function DocumentView({ projectId, path }: DocumentViewProps) {
  const [state] = useLiveQuery(DocumentQuery, { projectId: projectId ?? null, path }, documentChanged)
  return (
    <Loaded state={state} what="the document">
      {({ document }) =>
        document ? (
          <Reader document={document} projectId={projectId} />
        ) : (
          <Empty title="There is no such document">It may have been moved or deleted.</Empty>
        )
      }
    </Loaded>
  )
}

function Reader({ document, projectId }: { document: OpenDocument; projectId: string | undefined }) {
  const [source, setSource] = useState(false)
  const [place, setPlace] = useState<Place>()
  return (
    <div className="flex flex-col gap-4 p-4 xl:flex-row-reverse xl:justify-end">
      <div className="flex shrink-0 flex-col gap-3 xl:w-64">
        <div className="flex flex-wrap gap-2">
          <Button size="small" onClick={() => setPlace({})}>
            Give to a task…
          </Button>
          <Button size="small" aria-pressed={source} onClick={() => setSource(!source)}>
            {source ? "Show as text" : "Choose lines"}
          </Button>
        </div>
        <ReferringTasks tasks={document.tasks} />
        <Outline headings={document.outline} onReference={(heading) => setPlace({ heading: heading.slug, title: heading.text })} />
      </div>
      <article aria-label={document.title} className="min-w-0 max-w-3xl flex-1">
        <p className="mb-3 font-mono text-xs text-muted">{document.path}</p>
        {source ? (
          <SourceLines content={document.content} onReference={(startLine, endLine) => setPlace({ startLine, endLine })} />
        ) : (
          <Markdown text={document.content} headings={document.outline} />
        )}
      </article>
      {place && <ReferenceDialog projectId={projectId} path={document.path} place={place} onClose={() => setPlace(undefined)} />}
    </div>
  )
}
