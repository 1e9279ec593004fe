import { useMemo } from "react"
import type { FeedEvent } from "@/api/feed"
import { graphql } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { Empty, Loaded } from "@/ui/Notice"
import { PushBranch } from "./PushBranch"

const CommitsQuery = graphql(`
  query TaskCommits($id: ID!) { task(id: $id) { id branch vcsBackend project { id path } commits { id message author at files } } }
`)

/** The commits on the task's branch, newest first. */
export function CommitsView({ taskId }: { taskId: string }) {
  const concerns = useMemo(() => (event: FeedEvent) => event.taskId === taskId && event.kind.startsWith("vcs."), [taskId])
  const [state] = useLiveQuery(CommitsQuery, { id: taskId }, concerns)
  return (
    <Loaded state={state} what="the commits">
      {({ task }) =>
        task && task.commits.length > 0 ? (
          <>
            <PushBranch task={task} />
            <ol aria-label={`Commits on ${task.branch ?? "the branch"}`} className="mx-auto flex max-w-3xl flex-col gap-2 p-4">
              {task.commits.toReversed().map((commit) => (
                <li key={commit.id} className="rounded-lg border border-line bg-surface px-4 py-2.5 text-sm">
                  <CommitText {...commit} />
                </li>
              ))}
            </ol>
          </>
        ) : (
          <Empty title="No commits yet">Every edit the agent reports becomes a commit on the task's branch.</Empty>
        )
      }
    </Loaded>
  )
}

type CommitTextProps = { id: string; message: string; author: string; at: string; files: readonly string[] }

function CommitText({ id, message, author, at, files }: CommitTextProps) {
  const [subject, ...rest] = message.trim().split("\n")
  const body = rest.join("\n").trim()
  return (
    <>
      <p className="font-medium break-words">{subject}</p>
      <p className="text-xs text-muted">
        <code>{id.slice(0, 10)}</code> · {author} · <ElapsedTime at={at} suffix=" ago" />
      </p>
      {body && <p className="mt-1.5 whitespace-pre-wrap text-muted">{body}</p>}
      <ul className="mt-1.5 font-mono text-xs text-muted">
        {files.map((file) => (
          <li key={file}>{file}</li>
        ))}
      </ul>
    </>
  )
}
