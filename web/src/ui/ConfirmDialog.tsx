import { useState, type FormEvent } from "react"
import { Button } from "./Button"
import { Dialog, DialogActions } from "./Dialog"
import { Checkbox, TextArea } from "./Field"

export type Confirmation = {
  label: string
  /** One sentence: what will happen. */
  effect: string
  danger?: boolean
  /** Asked for in words. */
  question?: string
  /** Without an answer to the question there is no going on. */
  answerRequired?: boolean
}

type ConfirmDialogProps = {
  action: Confirmation
  /** What can be chosen beside the action itself. */
  option?: string
  busy: boolean
  onCancel: () => void
  onConfirm: (answer: { text: string; optionChosen: boolean }) => void
}

/** Says what an action will do and asks what it needs to know. */
export function ConfirmDialog({ action, option, busy, onCancel, onConfirm }: ConfirmDialogProps) {
  const [text, setText] = useState("")
  const [optionChosen, setOptionChosen] = useState(false)
  const missing = action.answerRequired && !text.trim()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onConfirm({ text: text.trim(), optionChosen })
  }
  return (
    <Dialog open onClose={onCancel} title={action.label} description={action.effect}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {action.question && <TextArea label={action.question} rows={3} value={text} onChange={(event) => setText(event.target.value)} />}
        {option && <Checkbox label={option} checked={optionChosen} onChange={(event) => setOptionChosen(event.target.checked)} />}
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
