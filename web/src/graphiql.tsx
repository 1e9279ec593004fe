/** GraphiQL from our own assets, signed in by the same cookie as the page. */
import "graphiql/setup-workers/vite"
import { createGraphiQLFetcher } from "@graphiql/toolkit"
import { GraphiQL } from "graphiql"
import { createClient } from "graphql-ws"
import { createRoot } from "react-dom/client"
import "graphiql/style.css"
import { CSRF_HEADER, socketUrl } from "@/api/http"

const fetcher = createGraphiQLFetcher({
  url: "/graphql",
  headers: CSRF_HEADER,
  wsClient: createClient({ url: socketUrl("/graphql") }),
})

const FIRST_QUERY = `# Everything Chorus knows can be asked here. You are signed in by the page's cookie.
{
  tasks(first: 10) {
    totalCount
    edges { node { id title status agentStatus activity } }
  }
}
`

createRoot(document.getElementById("root")!).render(
  <div style={{ height: "100dvh" }}>
    <GraphiQL fetcher={fetcher} defaultQuery={FIRST_QUERY} />
  </div>,
)
