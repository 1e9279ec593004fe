/** The Markdown documents of a project, kept true by the event feed. */
import type { FeedEvent } from "@/api/feed"
import { graphql, type ResultOf } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"

const DocumentsQuery = graphql(`
  query Documents($projectId: ID, $match: String) {
    documents(projectId: $projectId, match: $match) { path title provider }
  }
`)

export type DocumentEntry = ResultOf<typeof DocumentsQuery>["documents"][number]

export const documentChanged = (event: FeedEvent): boolean => event.kind.startsWith("document.")

/** All documents, or those in which the server finds the words of `match`. */
export function useDocuments(projectId: string | undefined, match: string | null = null) {
  const [state] = useLiveQuery(DocumentsQuery, { projectId: projectId ?? null, match }, documentChanged)
  return { state, documents: state.data?.documents ?? [] }
}
