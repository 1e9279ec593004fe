/** The one GraphQL WebSocket of this tab. It authenticates with the cookie; scripts never see a token. */
import { createClient } from "graphql-ws"
import { backoffMs, pause } from "./backoff"
import { connection, linkIs, signedOut } from "./connection"
import { serverAnswers, socketUrl } from "./http"

/** Close codes of the server for "not logged in": 4401 unauthorised, 4403 forbidden. */
const SIGNED_OUT_CODES = new Set([4401, 4403])
const PONG_TIMEOUT_MS = 5_000

let pongTimer: ReturnType<typeof setTimeout> | undefined

async function waitForServer(attempt: number): Promise<void> {
  await pause(backoffMs(attempt))
  while (!connection.get().signedOut && !(await serverAnswers())) await pause(backoffMs(attempt++))
}

export const socket = createClient({
  url: socketUrl("/graphql"),
  lazy: true,
  keepAlive: 10_000,
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => !connection.get().signedOut,
  retryWait: waitForServer,
  on: {
    connecting: () => linkIs("connecting"),
    connected: () => linkIs("live"),
    closed: (event) => {
      clearTimeout(pongTimer)
      linkIs("offline")
      if (event instanceof CloseEvent && SIGNED_OUT_CODES.has(event.code)) signedOut()
    },
    // A network that went away without a word shows only as a missing pong.
    ping: (received) => {
      if (!received) pongTimer = setTimeout(() => socket.terminate(), PONG_TIMEOUT_MS)
    },
    pong: (received) => {
      if (received) clearTimeout(pongTimer)
    },
  },
})
