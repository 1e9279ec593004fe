import { useMemo, useState } from "react"
import { client } from "@/api/client"
import type { FeedEvent } from "@/api/feed"
import { graphql, type ResultOf } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"
import { agentWords, agentTone } from "@/state/attention"
import { Button } from "@/ui/Button"
import { useNow } from "@/ui/ElapsedTime"
import { Loaded } from "@/ui/Notice"
import { StatusDot } from "@/ui/StatusDot"
import { clockText, duration, fullText } from "@/ui/time"

const PAGE_SIZE = 20

const ActivitiesQuery = graphql(`
  query Activities($id: ID!, $first: Int!, $before: String) {
    task(id: $id) { id activities(first: $first, before: $before) { id at endedAt agentStatus activity source } }
  }
`)

type Activity = NonNullable<ResultOf<typeof ActivitiesQuery>["task"]>["activities"][number]

/** What the agent did, from when until when, and what that is known from; the newest first. */
export function ActivityList({ taskId }: { taskId: string }) {
  const concerns = useMemo(() => (event: FeedEvent) => event.taskId === taskId && event.kind === "agent.status", [taskId])
  const [state] = useLiveQuery(ActivitiesQuery, { id: taskId, first: PAGE_SIZE }, concerns)
  const [older, setOlder] = useState<readonly Activity[]>([])
  const [complete, setComplete] = useState(false)
  return (
    <Loaded state={state} what="what the agent did">
      {({ task }) => {
        const newest = task?.activities ?? []
        const known = new Set(newest.map(({ id }) => id))
        const all = [...newest, ...older.filter(({ id }) => !known.has(id))]
        const more = async () => {
          const before = all.at(-1)?.id
          const { data } = await client.query(ActivitiesQuery, { id: taskId, first: PAGE_SIZE, before }, { requestPolicy: "network-only" })
          const found = data?.task?.activities ?? []
          setOlder([...all.slice(newest.length), ...found])
          setComplete(found.length < PAGE_SIZE)
        }
        if (all.length === 0) return <p className="text-sm text-muted">Nothing yet.</p>
        return (
          <>
            <ol className="divide-y divide-line rounded-lg border border-line bg-surface">
              {all.map((activity) => (
                <ActivityLine key={activity.id} activity={activity} />
              ))}
            </ol>
            {newest.length === PAGE_SIZE && !complete && (
              <Button size="small" className="mt-2" onClick={() => void more()}>
                Earlier
              </Button>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

function ActivityLine({ activity: { at, endedAt, agentStatus, activity, source } }: { activity: Activity }) {
  const now = useNow()
  const until = endedAt ? Date.parse(endedAt) : Math.max(now, Date.parse(at))
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-0.5 px-3 py-1.5 text-sm">
      <StatusDot tone={agentTone(agentStatus)} />
      <span className="min-w-0 flex-1 basis-48 break-words">
        {activity || agentWords(agentStatus)}
        {source && <span className="text-xs text-muted"> · {source}</span>}
      </span>
      <span className="text-xs text-muted tabular-nums" title={`${fullText(at)} to ${endedAt ? fullText(endedAt) : "now"}`}>
        {clockText(at)} – {endedAt ? clockText(endedAt) : "now"} · {duration(until - Date.parse(at))}
      </span>
    </li>
  )
}
