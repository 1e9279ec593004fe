import type { FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"

const ProjectsQuery = graphql(`query Projects { projects { id name path defaultBranch trusted costUsd inputTokens outputTokens } }`)

const concerns = (event: FeedEvent) => event.kind.startsWith("project.") || event.kind === "run.usage"

export function useProjects() {
  const [state] = useLiveQuery(ProjectsQuery, {}, concerns)
  return { state, projects: state.data?.projects ?? [] }
}
