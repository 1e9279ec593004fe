import { Link } from "@tanstack/react-router"
import { CircleAlert, FileText, GitCommitHorizontal, Play, ShieldQuestion } from "lucide-react"
import type { ReactNode } from "react"
import { Badge, type Tone } from "@/ui/Badge"
import { Code } from "@/ui/Code"
import { Markdown } from "@/ui/Markdown"
import { clockText, counted, fullText } from "@/ui/time"
import type { Item, PermissionItem } from "./item"
import { ToolCall } from "./ToolCall"

type TimelineItemProps = { taskId: string; worktree: string | null; item: Item }

export function TimelineItem({ taskId, worktree, item }: TimelineItemProps) {
  switch (item.type) {
    case "said":
      return (
        <article className="ml-auto max-w-[90%] rounded-lg bg-accent-soft px-4 py-2.5">
          <ItemHead at={item.at}>
            {AUTHORS[item.author] ?? item.author}
            {item.state && item.state !== "ACCEPTED" && <Badge tone={item.state === "FAILED" ? "danger" : "warn"}>{item.state.toLowerCase()}</Badge>}
          </ItemHead>
          <Markdown text={item.text} />
        </article>
      )
    case "reply":
      return <Reply item={item} />
    case "tool":
      return <ToolCall taskId={taskId} worktree={worktree} item={item} />
    case "permission":
      return <Permission item={item} />
    case "commit":
      return (
        <Line at={item.at} icon={<GitCommitHorizontal size={15} aria-hidden />}>
          <Link to="/tasks/$taskId" params={{ taskId }} search={{ view: "commits" }} className="hover:underline">
            <code className="text-xs">{item.id.slice(0, 8)}</code> {item.message.split("\n")[0]}
          </Link>
        </Line>
      )
    case "given":
      return (
        <Line at={item.at} icon={<FileText size={15} aria-hidden />}>
          The agent was given {item.paths.join(", ") || "no document"}
          {item.leftOut > 0 && `, and ${counted(item.leftOut, "document")} did not fit`}
        </Line>
      )
    case "run":
      return (
        <Line at={item.at} icon={<Play size={15} aria-hidden />} tone={item.trouble ? "danger" : undefined}>
          {item.words}
        </Line>
      )
    case "status":
      return <Line at={item.at}>{item.words}</Line>
    case "trouble":
      return (
        <Line at={item.at} icon={<CircleAlert size={15} aria-hidden />} tone="danger">
          {item.words}
        </Line>
      )
    case "other":
      return (
        <details className="rounded-md border border-line bg-surface px-3 py-1.5 text-sm">
          <summary className="text-muted">
            {item.kind} <At at={item.at} />
          </summary>
          <Code text={JSON.stringify(item.data, null, 2)} language="json" />
        </details>
      )
  }
}

function Reply({ item }: { item: Extract<Item, { type: "reply" }> }) {
  if (item.interrupted) return <Line at={item.at}>Interrupted by {item.source}</Line>
  if (!item.text) return <Line at={item.at}>The turn ended</Line>
  return (
    <article className="max-w-[95%] rounded-lg border border-line bg-surface px-4 py-2.5">
      <ItemHead at={item.at}>agent</ItemHead>
      <Markdown text={item.text} />
    </article>
  )
}

/** How the server names those who came with the token or through this page. */
const AUTHORS: Record<string, string> = { token: "from the API or command line", web: "from the web page" }

const PERMISSION_TONE: Record<string, Tone> = { PENDING: "warn", ALLOWED: "ok", DENIED: "danger" }

function Permission({ item }: { item: PermissionItem }) {
  return (
    <Line at={item.at} icon={<ShieldQuestion size={15} aria-hidden />}>
      <Badge tone={PERMISSION_TONE[item.state] ?? "neutral"}>{item.state.toLowerCase()}</Badge>{" "}
      <span className="font-medium">{item.toolName}</span> {item.summary !== item.toolName && item.summary}
      {item.by && <span className="text-muted"> by {AUTHORS[item.by]?.replace("from ", "") ?? item.by}</span>}
      {item.scope && item.scope !== "ONCE" && <span className="text-muted"> for the {item.scope.toLowerCase()}</span>}
      {item.goesOn && <span className="text-muted">, {item.goesOn}</span>}
      {item.message && <span className="text-muted">: {item.message}</span>}
      {item.answers.map(([question, answer]) => (
        <span key={question} className="block text-muted">
          {question} <span className="text-ink">{answer}</span>
        </span>
      ))}
    </Line>
  )
}

type LineProps = { at: string; icon?: ReactNode; tone?: "danger"; children: ReactNode }

function Line({ at, icon, tone, children }: LineProps) {
  return (
    <p className={`flex items-start gap-2 px-1 text-sm ${tone === "danger" ? "text-danger" : ""}`}>
      <span className="mt-0.5 w-4 shrink-0 text-muted">{icon}</span>
      <span className="min-w-0 flex-1 break-words">{children}</span>
      <At at={at} />
    </p>
  )
}

function ItemHead({ at, children }: { at: string; children: ReactNode }) {
  return (
    <header className="mb-1 flex items-center gap-2 text-xs text-muted">
      {children}
      <span className="ml-auto">
        <At at={at} />
      </span>
    </header>
  )
}

function At({ at }: { at: string }) {
  return (
    <time dateTime={at} title={fullText(at)} className="shrink-0 text-xs text-muted tabular-nums">
      {clockText(at)}
    </time>
  )
}
