import { useMemo, useState } from "react"
import { graphql } from "@/api/graphql"
import type { FeedEvent } from "@/api/feed"
import { useLiveQuery } from "@/api/useLiveQuery"
import { Empty, Loaded } from "@/ui/Notice"
import { counted } from "@/ui/time"
import { commentKey } from "./comments"
import { diffFiles, totals } from "./diffFiles"
import { FileDiff } from "./FileDiff"
import { ReviewBar } from "./ReviewBar"
import { useComments } from "./useComments"
import "./diff.css"

const DiffQuery = graphql(`query TaskDiff($id: ID!) { task(id: $id) { id diff } }`)

const KINDS = new Set(["vcs.commit", "agent.turn", "run.ended", "vcs.branch"])

type ChangesViewProps = { task: { id: string; status: string } }

/** Everything the task changed, by file, with comments for the agent. */
export default function ChangesView({ task }: ChangesViewProps) {
  const concerns = useMemo(() => (event: FeedEvent) => event.taskId === task.id && KINDS.has(event.kind), [task.id])
  const [state, reread] = useLiveQuery(DiffQuery, { id: task.id }, concerns)
  return (
    <Loaded state={state} what="the changes" onRetry={() => reread({ requestPolicy: "network-only" })}>
      {(data) => <Files task={task} diff={data.task?.diff ?? ""} />}
    </Loaded>
  )
}

function Files({ task, diff }: ChangesViewProps & { diff: string }) {
  const files = useMemo(() => diffFiles(diff), [diff])
  const { comments, put, clear } = useComments(task.id)
  const [split, setSplit] = useState(false)
  const sum = totals(files)
  const places = useMemo(() => new Map(comments.map((comment) => [commentKey(comment), comment])), [comments])
  if (files.length === 0) return <Empty title="No changes yet">What the agent edits appears here as it happens.</Empty>
  return (
    <div className="flex flex-col gap-3 p-3">
      <p className="flex flex-wrap items-center gap-3 text-sm">
        {counted(files.length, "file")} <span className="text-ok">+{sum.added}</span>{" "}
        <span className="text-danger">−{sum.removed}</span>
        <label className="ml-auto hidden items-center gap-2 lg:inline-flex">
          <input type="checkbox" checked={split} onChange={(event) => setSplit(event.target.checked)} /> Side by side
        </label>
      </p>
      {files.map((file) => (
        <FileDiff key={file.path} file={file} split={split} comments={places} onComment={put} />
      ))}
      <ReviewBar task={task} comments={comments} onSent={clear} />
    </div>
  )
}
