/**
 * The event feed: one subscription per tab, resumed where it stopped.
 *
 * Events are hints that something changed; listeners read the truth again. `onResync` fires when
 * events may have been missed (first connection, or a cursor that the server no longer has), so
 * everything on the page is to be read again.
 */
import { stringifyDocument } from "urql"
import { connection } from "./connection"
import { graphql, type ResultOf } from "./graphql"
import { socket } from "./socket"

const FeedSubscription = graphql(`
  subscription Feed($after: Cursor) {
    events(after: $after) { cursor at kind taskId source data }
  }
`)

export type FeedEvent = ResultOf<typeof FeedSubscription>["events"]

type Unsubscribe = () => void

const eventListeners = new Set<(event: FeedEvent) => void>()
const resyncListeners = new Set<() => void>()
let cursor: string | undefined
let stop: Unsubscribe | undefined

export function onEvent(listener: (event: FeedEvent) => void): Unsubscribe {
  eventListeners.add(listener)
  return () => eventListeners.delete(listener)
}

export function onResync(listener: () => void): Unsubscribe {
  resyncListeners.add(listener)
  return () => resyncListeners.delete(listener)
}

/** The connection is back, whatever the feed makes of it: what could not be read can be tried again. */
export function onReconnect(listener: () => void): Unsubscribe {
  return socket.on("connected", listener)
}

function deliver(event: FeedEvent): void {
  cursor = event.cursor
  for (const listener of eventListeners) listener(event)
}

function resync(): void {
  for (const listener of resyncListeners) listener()
}

const query = stringifyDocument(FeedSubscription)

/** The variable is read again at every (re)subscription, so a reconnect goes on after the last event seen. */
const variables = {
  get after() {
    return cursor
  },
}

function follow(): void {
  stop = socket.subscribe<{ events: FeedEvent }>(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (data) deliver(data.events)
        else if (errors) startOver(errors[0]?.extensions?.["code"])
      },
      error: (error) => startOver(codeOf(error)),
      complete: () => {},
    },
  )
}

function codeOf(error: unknown): unknown {
  return Array.isArray(error) ? error[0]?.extensions?.code : undefined
}

/** Codes that say that the cursor is of no use (any more): pruned, or of another database. */
const USELESS_CURSOR = new Set<unknown>(["CURSOR_EXPIRED", "BAD_INPUT"])
const RETRY_MS = 1_000

function startOver(code: unknown): void {
  stop?.()
  if (USELESS_CURSOR.has(code)) cursor = undefined
  setTimeout(() => {
    if (connection.get().signedOut) return
    follow()
    resyncAfterBeginning()
  }, RETRY_MS)
}

/**
 * Without a cursor the feed begins at "now", so what is on the page is read (again) once it has begun.
 * The socket answers in order: when this small query is answered, the subscription before it has begun.
 */
function resyncAfterBeginning(): void {
  socket.subscribe({ query: "{ __typename }" }, { next: () => {}, error: () => {}, complete: resync })
}

export function startFeed(): void {
  if (stop) return
  follow()
  socket.on("connected", () => cursor === undefined && resyncAfterBeginning())
}
