import { useState } from "react"
import { toast } from "sonner"
import { useRespondToMany, type Decision, type Outcome } from "@/state/decisions"
import { Button } from "@/ui/Button"
import { counted } from "@/ui/time"

type BulkBarProps = { ids: readonly string[]; onDone: () => void; onSelectAll?: () => void }

/** One answer for all selected requests; what could not be answered is said, one by one. */
export function BulkBar({ ids, onDone, onSelectAll }: BulkBarProps) {
  const { busy, respondToMany } = useRespondToMany()
  const [refused, setRefused] = useState<readonly Outcome[]>([])
  const answer = async (decision: Decision) => {
    const outcomes = await respondToMany(ids, decision)
    if (!outcomes) return
    const failed = outcomes.filter(({ code }) => code !== null)
    const count = outcomes.length - failed.length
    if (count > 0) toast.success(`${counted(count, "request")} ${decision === "ALLOW" ? "allowed" : "denied"}.`)
    setRefused(failed)
    if (failed.length === 0) onDone()
  }
  return (
    <div className="sticky top-2 z-10 flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-surface px-4 py-2.5 shadow-lg">
      <p className="mr-auto text-sm font-medium">{counted(ids.length, "request")} selected</p>
      {onSelectAll && (
        <Button kind="quiet" onClick={onSelectAll}>
          Select all
        </Button>
      )}
      <Button kind="primary" disabled={busy} onClick={() => void answer("ALLOW")}>
        Allow all once
      </Button>
      <Button kind="danger" disabled={busy} onClick={() => void answer("DENY")}>
        Deny all
      </Button>
      <Button kind="quiet" onClick={onDone}>
        Clear
      </Button>
      {refused.length > 0 && (
        <ul role="alert" className="w-full text-sm text-danger">
          {refused.map(({ id, message, code }) => (
            <li key={id}>{message ?? code}</li>
          ))}
        </ul>
      )}
    </div>
  )
}
