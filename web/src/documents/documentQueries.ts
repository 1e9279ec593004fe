import { graphql, type ResultOf } from "@/api/graphql"
import type { FeedEvent } from "@/api/feed"

export const DocumentsQuery = graphql(`
  query Documents($projectId: ID, $match: String) {
    documents(projectId: $projectId, match: $match) { path title provider }
  }
`)

export const DocumentQuery = graphql(`
  query Document($projectId: ID, $path: String!) {
    document(projectId: $projectId, path: $path) {
      path title provider content
      outline { level text slug line }
      tasks { id title status agentStatus activity waitingFor }
    }
  }
`)

export type DocumentEntry = ResultOf<typeof DocumentsQuery>["documents"][number]
export type OpenDocument = NonNullable<ResultOf<typeof DocumentQuery>["document"]>
export type Heading = OpenDocument["outline"][number]

export const documentChanged = (event: FeedEvent): boolean => event.kind.startsWith("document.")

export const AddReferenceMutation = graphql(`
  mutation AddReference($input: AddDocumentReferenceInput!) {
    addDocumentReference(input: $input) { id path heading startLine endLine note stale }
  }
`)
