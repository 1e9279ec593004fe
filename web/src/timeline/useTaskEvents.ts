import { useEffect, useState } from "react"
import type { CombinedError } from "urql"
import { client } from "@/api/client"
import { onEvent, onResync } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { TaskLog, type LogPage, type LogState } from "./taskLog"

const PAGE_SIZE = 200

const TaskEventsQuery = graphql(`
  query TaskEvents($taskId: ID!, $after: Cursor, $first: Int!) {
    events(taskId: $taskId, after: $after, first: $first) {
      edges { node { cursor at kind taskId source data } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

async function readPage(taskId: string, after: string | null): Promise<LogPage<CombinedError>> {
  const variables = { taskId, after, first: PAGE_SIZE }
  const { data, error } = await client.query(TaskEventsQuery, variables, { requestPolicy: "network-only" })
  if (!data) return { events: [], end: null, more: false, failure: error }
  const { edges, pageInfo } = data.events
  return { events: edges.map(({ node }) => node), end: pageInfo.endCursor, more: pageInfo.hasNextPage }
}

/** The log of a task from its beginning, live. */
export function useTaskEvents(taskId: string): LogState<CombinedError> {
  const [state, setState] = useState<LogState<CombinedError>>({ events: [], loaded: false })
  useEffect(() => {
    const log = new TaskLog(taskId, (after) => readPage(taskId, after), setState)
    void log.read()
    const unsubscribe = [onEvent((event) => log.live(event)), onResync(() => void log.read())]
    return () => {
      for (const each of unsubscribe) each()
    }
  }, [taskId])
  return state
}
