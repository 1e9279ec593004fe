import { Check, Undo2 } from "lucide-react"
import { Button } from "@/ui/Button"
import { Markdown } from "@/ui/Markdown"
import { useRespond } from "./respond"

type PlanReviewProps = { id: string; plan: string; sendingBack: boolean; onSendBack: () => void }

/** A plan to read, and to approve or send back. */
export function PlanReview({ id, plan, sendingBack, onSendBack }: PlanReviewProps) {
  const { busy, respond } = useRespond()
  return (
    <>
      <div tabIndex={0} role="group" aria-label="The plan" className="max-h-[50dvh] overflow-y-auto rounded-md border border-line bg-canvas px-4 py-3">
        <Markdown text={plan} />
      </div>
      {!sendingBack && (
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" disabled={busy} onClick={() => void respond({ id, decision: "ALLOW" })}>
            <Check size={16} aria-hidden /> Approve the plan
          </Button>
          <Button disabled={busy} onClick={onSendBack}>
            <Undo2 size={16} aria-hidden /> Send back…
          </Button>
        </div>
      )}
    </>
  )
}
