import { X } from "lucide-react"
import { useDocuments } from "@/state/documents"
import { DocumentFinder } from "@/ui/DocumentFinder"
import type { DraftReference } from "./newTask"

type ReferenceFieldProps = {
  projectId: string | undefined
  references: readonly DraftReference[]
  onChange: (references: DraftReference[]) => void
}

/** Documents the agent gets with its first prompt. */
export function ReferenceField({ projectId, references, onChange }: ReferenceFieldProps) {
  const { documents } = useDocuments(projectId)
  const add = (path: string) => {
    if (!references.some((reference) => reference.path === path)) onChange([...references, { path }])
  }
  return (
    <div className="flex flex-col gap-2">
      <DocumentFinder label="Documents for the agent" documents={documents} onChoose={add} />
      {references.length > 0 && (
        <ul aria-label="Chosen documents" className="flex flex-wrap gap-2">
          {references.map(({ path }) => (
            <li key={path} className="inline-flex items-center gap-1 rounded bg-sunken py-0.5 pr-1 pl-2 font-mono text-xs">
              {path}
              <button
                type="button"
                aria-label={`Remove ${path}`}
                onClick={() => onChange(references.filter((each) => each.path !== path))}
                className="rounded p-0.5 text-muted hover:text-ink"
              >
                <X size={12} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
