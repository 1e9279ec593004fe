import { graphql, type ResultOf } from "@/api/graphql"

export const DocumentQuery = graphql(`
  query Document($projectId: ID, $path: String!) {
    document(projectId: $projectId, path: $path) {
      path title provider content
      outline { level text slug line }
      tasks { id title status agentStatus activity waitingFor }
    }
  }
`)

export type OpenDocument = NonNullable<ResultOf<typeof DocumentQuery>["document"]>
export type Heading = OpenDocument["outline"][number]

export const AddReferenceMutation = graphql(`
  mutation AddReference($input: AddDocumentReferenceInput!) {
    addDocumentReference(input: $input) { id path heading startLine endLine note stale }
  }
`)
