import { useEffect, useState } from "react"
import type { CombinedError } from "urql"
import { client } from "@/api/client"
import { onEvent, onResync, type FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"

const PAGE_SIZE = 200

const TaskEventsQuery = graphql(`
  query TaskEvents($taskId: ID!, $after: Cursor, $first: Int!) {
    events(taskId: $taskId, after: $after, first: $first) {
      edges { node { cursor at kind taskId source data } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

export type TaskEvents = { events: readonly FeedEvent[]; loaded: boolean; error?: CombinedError }

const NOTHING: TaskEvents = { events: [], loaded: false }

/** The whole log of a task, and what is added to it. Cursors are opaque, so doubles are found by name. */
class TaskLog {
  #seen = new Set<string>()
  #events: FeedEvent[] = []
  #after: string | null = null
  #reading = false
  #live: FeedEvent[] = []

  constructor(
    readonly taskId: string,
    readonly changed: (state: TaskEvents) => void,
  ) {}

  /** Reads from the last page on; what the feed brings meanwhile is kept back so that the order holds. */
  async read(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    try {
      while (await this.#page());
    } finally {
      this.#reading = false
    }
    this.#take(this.#live.splice(0))
  }

  live(event: FeedEvent): void {
    if (event.taskId !== this.taskId) return
    if (this.#reading) this.#live.push(event)
    else this.#take([event])
  }

  async #page(): Promise<boolean> {
    const variables = { taskId: this.taskId, after: this.#after, first: PAGE_SIZE }
    const { data, error } = await client.query(TaskEventsQuery, variables, { requestPolicy: "network-only" })
    if (!data) {
      this.changed({ events: [...this.#events], loaded: this.#events.length > 0, error })
      return false
    }
    this.#after = data.events.pageInfo.endCursor ?? this.#after
    this.#take(data.events.edges.map(({ node }) => node))
    return data.events.pageInfo.hasNextPage
  }

  #take(events: readonly FeedEvent[]): void {
    for (const event of events) {
      if (this.#seen.has(event.cursor)) continue
      this.#seen.add(event.cursor)
      this.#events.push(event)
    }
    this.changed({ events: [...this.#events], loaded: true })
  }
}

export function useTaskEvents(taskId: string): TaskEvents {
  const [state, setState] = useState(NOTHING)
  useEffect(() => {
    const log = new TaskLog(taskId, setState)
    void log.read()
    const unsubscribe = [onEvent((event) => log.live(event)), onResync(() => void log.read())]
    return () => {
      for (const each of unsubscribe) each()
    }
  }, [taskId])
  return state
}
