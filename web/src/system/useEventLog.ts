import { useEffect, useState } from "react"
import type { CombinedError } from "urql"
import { client } from "@/api/client"
import { onEvent, onResync, type FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { kindsOf } from "./kindGroups"

const PAGE_SIZE = 50
/** More than this at once is not read by anybody; older ones are a click away. */
const MOST = 1_000

const LogQuery = graphql(`
  query EventLog($last: Int!, $before: Cursor, $kinds: [String!]) {
    events(last: $last, before: $before, kinds: $kinds) {
      edges { node { cursor at kind taskId source data } }
      pageInfo { hasPreviousPage startCursor }
    }
  }
`)

export type EventLog = {
  /** Newest first. */
  events: readonly FeedEvent[]
  /** Where the page before these ends; null when there is none. */
  before: string | null
  loaded: boolean
  error?: CombinedError
}

const NOTHING: EventLog = { events: [], before: null, loaded: false }

/** Newer events in front, each once. Pure. */
export function joined(newer: readonly FeedEvent[], older: readonly FeedEvent[]): FeedEvent[] {
  const seen = new Set<string>()
  return [...newer, ...older].filter(({ cursor }) => !seen.has(cursor) && seen.add(cursor)).slice(0, MOST)
}

/** A page that was read from the end, with the events it came too early for. Pure. */
export function continued(read: readonly FeedEvent[], meanwhile: readonly FeedEvent[]): FeedEvent[] {
  const known = new Set(read.map(({ cursor }) => cursor))
  const fresh = meanwhile.filter(({ cursor }) => !known.has(cursor))
  return joined(fresh, read)
}

async function page(kinds: string[] | undefined, before: string | null): Promise<EventLog> {
  const { data, error } = await client.query(LogQuery, { last: PAGE_SIZE, before, kinds: kinds ?? null }, { requestPolicy: "network-only" })
  if (!data) return { ...NOTHING, error }
  const { edges, pageInfo } = data.events
  const events = edges.map(({ node }) => node).toReversed()
  return { events, before: pageInfo.hasPreviousPage ? pageInfo.startCursor : null, loaded: true }
}

/** The server's log from its end, with what is added to it; `older` reads further back. For one choice: mount it anew for another. */
export function useEventLog(choice: string): EventLog & { older: () => void } {
  const [log, setLog] = useState(NOTHING)
  useEffect(() => {
    let current = true
    const kinds = kindsOf(choice)
    // What arrives while a page is being read may be newer than that page.
    let meanwhile: FeedEvent[] | undefined
    const read = async () => {
      meanwhile = []
      const found = await page(kinds, null)
      if (current) setLog({ ...found, events: continued(found.events, meanwhile ?? []) })
      meanwhile = undefined
    }
    void read()
    const live = (event: FeedEvent) => {
      if (kinds && !kinds.includes(event.kind)) return
      meanwhile?.unshift(event)
      setLog((was) => ({ ...was, events: joined([event], was.events) }))
    }
    const unsubscribe = [onEvent(live), onResync(() => void read())]
    return () => {
      current = false
      for (const each of unsubscribe) each()
    }
  }, [choice])
  const older = () => {
    void page(kindsOf(choice), log.before).then((found) => {
      if (!found.loaded) return setLog((was) => ({ ...was, error: found.error }))
      setLog((was) => ({ ...found, events: joined(was.events, found.events) }))
    })
  }
  return { ...log, older }
}
