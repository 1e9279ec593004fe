/** The GraphQL client: queries and mutations over HTTP, subscriptions over the tab's one WebSocket. */
import { Client, cacheExchange, fetchExchange } from "urql"
import { serverFetch } from "./http"

// Subscriptions are not given to urql: `feed.ts` holds the only one, with a cursor that moves.
export const client = new Client({
  url: "/graphql",
  exchanges: [cacheExchange, fetchExchange],
  preferGetMethod: false,
  requestPolicy: "cache-and-network",
  fetch: serverFetch,
})
