import { useMemo, useState, type ReactNode } from "react"
import { graphql } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"
import { Button } from "@/ui/Button"
import { Markdown } from "@/ui/Markdown"
import { Loaded } from "@/ui/Notice"
import { costText, fullText } from "@/ui/time"
import { ActivityList } from "./ActivityList"
import { EditTaskDialog } from "./EditTaskDialog"
import { RunList } from "./RunList"
import { aboutTask, type TaskDetail } from "./taskQuery"

const RunsQuery = graphql(`
  query TaskRuns($id: ID!) {
    task(id: $id) {
      id
      runs { id mode resumedFrom startedAt endedAt end endDetail exitCode signal inputTokens outputTokens cacheReadTokens costUsd }
    }
  }
`)

/** What the task is, where it works, and every run of its agent. */
export function DetailsView({ task }: { task: TaskDetail }) {
  const [editing, setEditing] = useState(false)
  const concerns = useMemo(() => aboutTask(task.id), [task.id])
  const [state] = useLiveQuery(RunsQuery, { id: task.id }, concerns)
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-6 p-4">
      {task.result && (
        <Section title="Result">
          <Markdown text={task.result} />
        </Section>
      )}
      <Section
        title="Description"
        action={
          <Button size="small" onClick={() => setEditing(true)}>
            Edit…
          </Button>
        }
      >
        {task.description ? <Markdown text={task.description} /> : <p className="text-sm text-muted">None.</p>}
      </Section>
      <Section title="Runs">
        <Loaded state={state} what="the runs">
          {(data) => <RunList runs={data.task?.runs ?? []} />}
        </Loaded>
      </Section>
      <Section title="What the agent did">
        <ActivityList taskId={task.id} />
      </Section>
      <Section title="Set-up">
        <Facts task={task} />
      </Section>
      {editing && <EditTaskDialog task={task} onClose={() => setEditing(false)} />}
    </div>
  )
}

function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="mb-2 flex items-center justify-between text-sm font-semibold">
        {title}
        {action}
      </h2>
      {children}
    </section>
  )
}

function Facts({ task }: { task: TaskDetail }) {
  const facts: [string, string | null][] = [
    ["Agent", task.agent],
    ["Permission profile", task.permissionProfile],
    ["Also allowed", task.allowedTools.join(", ") || null],
    ["Run mode", task.runMode === "HEADLESS" ? "headless" : "in a terminal"],
    ["Session backend", task.sessionBackend],
    ["Version control", task.vcsBackend],
    ["Budget", task.budgetUsd === null ? null : costText(task.budgetUsd)],
    ["Priority", String(task.priority)],
    ["Branch", task.branch],
    ["Worktree", task.worktree],
    ["Join its terminal", task.attachCommand],
    ["Created", fullText(task.createdAt)],
    ["Started", task.startedAt && fullText(task.startedAt)],
    ["Finished", task.finishedAt && fullText(task.finishedAt)],
  ]
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
      {facts.map(([name, value]) =>
        value ? (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  )
}
