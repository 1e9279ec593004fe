import type { Permission } from "@/state/pendingPermissions"
import { ToolInput } from "@/ui/ToolInput"
import { DenyForm } from "./DenyForm"
import { PermissionButtons } from "./PermissionButtons"
import { PlanReview } from "./PlanReview"
import { QuestionForm } from "./QuestionForm"

type RequestBodyProps = { request: Permission; denying: boolean; onDenying: (denying: boolean) => void }

/** What is asked and how it is answered: questions, a plan, or a tool to be allowed. */
export function RequestBody({ request, denying, onDenying }: RequestBodyProps) {
  const { id, questions } = request
  const back = () => onDenying(false)
  const deny = () => onDenying(true)
  if (questions.length > 0) {
    if (denying) return <DenyForm id={id} label="What is the agent told instead? (optional)" submitLabel="Do not answer" onCancel={back} />
    return <QuestionForm id={id} questions={questions} onDecline={deny} />
  }
  if (request.toolKind === "PLAN") {
    return (
      <>
        <PlanReview request={request} sendingBack={denying} onSendBack={deny} />
        {denying && <DenyForm id={id} label="What should be different?" submitLabel="Send back" required onCancel={back} />}
      </>
    )
  }
  return (
    <>
      <ToolInput input={request.toolInput} change={request.change} />
      {denying ? (
        <DenyForm id={id} label="Why not? The agent is told (optional)" submitLabel="Deny" onCancel={back} />
      ) : (
        <PermissionButtons request={request} onDeny={deny} />
      )}
    </>
  )
}
