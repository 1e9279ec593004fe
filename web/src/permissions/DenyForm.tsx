import { useState, type FormEvent } from "react"
import { useRespond } from "@/state/decisions"
import { Button } from "@/ui/Button"
import { TextField } from "@/ui/Field"

type DenyFormProps = { id: string; label: string; submitLabel: string; required?: boolean; onCancel: () => void }

/** A refusal with words for the agent. */
export function DenyForm({ id, label, submitLabel, required, onCancel }: DenyFormProps) {
  const { busy, respond } = useRespond()
  const [message, setMessage] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void respond({ id, decision: "DENY", message: message.trim() || null })
  }
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && (event.stopPropagation(), onCancel())}
      className="flex flex-col gap-2"
    >
      <TextField
        label={label}
        required={required}
        value={message}
        autoFocus
        maxLength={4000}
        onChange={(event) => setMessage(event.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit" kind="danger" disabled={busy || (required && !message.trim())}>
          {submitLabel}
        </Button>
        <Button onClick={onCancel}>Back</Button>
      </div>
    </form>
  )
}
