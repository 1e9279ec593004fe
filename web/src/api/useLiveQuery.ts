import { useEffect, useMemo, useRef } from "react"
import { useQuery, type AnyVariables, type TypedDocumentNode, type UseQueryResponse } from "urql"
import { coalesce } from "./coalesce"
import { onEvent, onReconnect, onResync, type FeedEvent } from "./feed"

/** At most five re-reads a second for one view, however fast events come. */
const REREAD_MS = 200

/** A query that is read again when an event concerns it. `concerns` must be stable (module level or memoised). */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  concerns: (event: FeedEvent) => boolean,
  options: { pause?: boolean } = {},
): UseQueryResponse<Data, Variables> {
  // urql types optional variables as a conditional that TypeScript cannot resolve for a generic.
  const response = useQuery({ query, variables, pause: options.pause } as never) as UseQueryResponse<Data, Variables>
  const [{ error }, reread] = response
  const failed = useRef(false)
  useEffect(() => void (failed.current = error !== undefined), [error])
  const paused = options.pause
  const refresh = useMemo(() => coalesce(() => reread({ requestPolicy: "network-only" }), REREAD_MS), [reread])
  useEffect(() => {
    if (paused) return
    const unsubscribe = [
      onEvent((event) => concerns(event) && refresh()),
      onResync(refresh),
      onReconnect(() => failed.current && refresh()),
    ]
    return () => {
      refresh.cancel()
      for (const each of unsubscribe) each()
    }
  }, [concerns, refresh, paused])
  return response
}
