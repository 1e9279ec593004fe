import { Check, Undo2 } from "lucide-react"
import { useRespond } from "@/state/decisions"
import type { Permission } from "@/state/pendingPermissions"
import { Button } from "@/ui/Button"
import { Markdown } from "@/ui/Markdown"
import { approvals } from "./plans"

type PlanReviewProps = { request: Permission; sendingBack: boolean; onSendBack: () => void }

/** A plan to read, and to approve, with a say in how the agent goes on, or to send back. */
export function PlanReview({ request: { id, plan, planOptions }, sendingBack, onSendBack }: PlanReviewProps) {
  const { busy, respond } = useRespond()
  return (
    <>
      {plan ? (
        <div tabIndex={0} role="group" aria-label="The plan" className="max-h-[50dvh] overflow-y-auto rounded-md border border-line bg-canvas px-4 py-3">
          <Markdown text={plan} />
        </div>
      ) : (
        <p className="text-sm text-muted">There is no plan to read: not here, and not in the agent's terminal.</p>
      )}
      {!sendingBack && (
        <div className="flex flex-wrap gap-2">
          {approvals(planOptions).map(({ afterPlan, words, hint }, index) => (
            <Button
              key={words}
              kind={index === 0 ? "primary" : "plain"}
              title={hint}
              disabled={busy}
              onClick={() => void respond({ id, decision: "ALLOW", afterPlan })}
            >
              <Check size={16} aria-hidden /> {words}
            </Button>
          ))}
          <Button disabled={busy} onClick={onSendBack}>
            <Undo2 size={16} aria-hidden /> Send back…
          </Button>
        </div>
      )}
    </>
  )
}
