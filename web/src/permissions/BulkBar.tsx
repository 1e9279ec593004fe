import { useState } from "react"
import { toast } from "sonner"
import { Button } from "@/ui/Button"
import { counted } from "@/ui/time"
import { useRespond, type Answer } from "./respond"

/** One answer for all selected requests. */
export function BulkBar({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const { respond } = useRespond()
  const [busy, setBusy] = useState(false)
  const answer = async (decision: Answer["decision"]) => {
    setBusy(true)
    const taken = await Promise.all(ids.map((id) => respond({ id, decision })))
    setBusy(false)
    const count = taken.filter(Boolean).length
    if (count > 0) toast.success(`${counted(count, "request")} ${decision === "ALLOW" ? "allowed" : "denied"}.`)
    onDone()
  }
  return (
    <div className="sticky top-2 z-10 flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-surface px-4 py-2.5 shadow-lg">
      <p className="mr-auto text-sm font-medium">{counted(ids.length, "request")} selected</p>
      <Button kind="primary" disabled={busy} onClick={() => void answer("ALLOW")}>
        Allow all once
      </Button>
      <Button kind="danger" disabled={busy} onClick={() => void answer("DENY")}>
        Deny all
      </Button>
      <Button kind="quiet" onClick={onDone}>
        Clear
      </Button>
    </div>
  )
}
