import type { FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"

const UnassignedQuery = graphql(`query Unassigned($id: ID!) { project(id: $id) { id unassigned } }`)

const concerns = (event: FeedEvent) => event.kind === "vcs.unassigned" || event.kind === "vcs.commit"

/** Changes that belong to no task, where tasks share the project's folder: nobody commits them. */
export function UnassignedChanges({ projectId }: { projectId: string }) {
  const [{ data }] = useLiveQuery(UnassignedQuery, { id: projectId }, concerns)
  const paths = data?.project?.unassigned ?? []
  if (paths.length === 0) return null
  return <p className="w-full text-xs break-words text-warn">Changed, but of no task: {paths.join(", ")}</p>
}
