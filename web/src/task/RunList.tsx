import { Badge } from "@/ui/Badge"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { costText, duration, tokensText } from "@/ui/time"

export type Run = {
  id: string
  mode: string
  resumedFrom: string | null
  startedAt: string
  endedAt: string | null
  end: string | null
  endDetail: string | null
  exitCode: number | null
  signal: string | null
  inputTokens: number | null
  outputTokens: number | null
  cacheReadTokens: number | null
  costUsd: number | null
}

const GOOD_ENDS = new Set(["FINISHED", "KILLED"])

/** The sum of what the runs used; null where no run reported it. Pure. */
export function usageOf(runs: readonly Run[]): { tokens: number | null; costUsd: number | null } {
  const sum = (values: (number | null)[]) => {
    const known = values.filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0)
  }
  return {
    tokens: sum(runs.flatMap((run) => [run.inputTokens, run.outputTokens])),
    costUsd: sum(runs.map((run) => run.costUsd)),
  }
}

/** Every life of the agent's process, newest first, and what it used. */
export function RunList({ runs }: { runs: readonly Run[] }) {
  if (runs.length === 0) return <p className="text-sm text-muted">Not started yet.</p>
  const { tokens, costUsd } = usageOf(runs)
  return (
    <>
      <ol className="divide-y divide-line rounded-lg border border-line bg-surface">
        {runs.toReversed().map((run) => (
          <li key={run.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
            <RunEnd run={run} />
            <span className="text-muted">{run.mode === "HEADLESS" ? "headless" : "in the terminal"}</span>
            {run.resumedFrom && <span className="text-muted">resumed</span>}
            <Usage run={run} />
            {run.endDetail && <span className="order-last w-full text-muted">{run.endDetail}</span>}
            <span className="ml-auto text-xs text-muted">
              {run.endedAt ? `ran ${duration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}, ` : ""}
              <ElapsedTime at={run.startedAt} suffix=" ago" />
            </span>
          </li>
        ))}
      </ol>
      {(tokens !== null || costUsd !== null) && (
        <p className="mt-2 text-sm text-muted">
          Together: {tokens !== null && `${tokensText(tokens)} tokens`} {costUsd !== null && costText(costUsd)}
        </p>
      )}
    </>
  )
}

function RunEnd({ run }: { run: Run }) {
  if (!run.endedAt) return <Badge tone="accent">running</Badge>
  const detail = run.signal ?? (run.exitCode ? `exit code ${run.exitCode}` : "")
  return (
    <Badge tone={run.end && GOOD_ENDS.has(run.end) ? "neutral" : "danger"}>
      {run.end?.toLowerCase() ?? "ended"} {detail}
    </Badge>
  )
}

function Usage({ run }: { run: Run }) {
  if (run.inputTokens === null && run.outputTokens === null) return null
  return (
    <span className="text-xs text-muted">
      {tokensText(run.inputTokens ?? 0)} in
      {run.cacheReadTokens ? ` (${tokensText(run.cacheReadTokens)} cached)` : ""}, {tokensText(run.outputTokens ?? 0)} out
      {run.costUsd !== null && `, ${costText(run.costUsd)}`}
    </span>
  )
}
