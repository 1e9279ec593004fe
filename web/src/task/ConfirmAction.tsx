import { useState, type FormEvent } from "react"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { Checkbox, TextArea } from "@/ui/Field"
import type { ActionInfo, ActionName } from "./lifecycle"
import type { ActionDetails } from "./useLifecycle"

const QUESTION: Partial<Record<ActionName, string>> = {
  complete: "What came of it? (optional)",
  fail: "Why?",
}

type ConfirmActionProps = {
  action: ActionInfo
  branch: string | null
  busy: boolean
  onCancel: () => void
  onConfirm: (details: ActionDetails) => void
}

/** Says what an action will do and asks what it needs to know. */
export function ConfirmAction({ action, branch, busy, onCancel, onConfirm }: ConfirmActionProps) {
  const [text, setText] = useState("")
  const [deleteBranch, setDeleteBranch] = useState(false)
  const question = QUESTION[action.name]
  const missing = action.name === "fail" && !text.trim()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onConfirm({ text: text.trim(), deleteBranch })
  }
  return (
    <Dialog open onClose={onCancel} title={action.label} description={action.effect}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {question && <TextArea label={question} rows={3} value={text} onChange={(event) => setText(event.target.value)} />}
        {action.name === "fail" && branch && (
          <Checkbox
            label={`Delete the branch ${branch} and its commits, too`}
            checked={deleteBranch}
            onChange={(event) => setDeleteBranch(event.target.checked)}
          />
        )}
        <DialogActions>
          <Button onClick={onCancel}>Cancel</Button>
          <Button type="submit" kind={action.danger ? "danger" : "primary"} disabled={busy || missing}>
            {action.label}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
