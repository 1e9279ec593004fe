import { Check, X } from "lucide-react"
import { useState, type FormEvent } from "react"
import { Button } from "@/ui/Button"
import { TextField } from "@/ui/Field"
import { Menu, MenuItem } from "@/ui/Menu"
import { useRespond, type Scope } from "./respond"

const SCOPES: { scope: Scope; label: string; hint: string }[] = [
  { scope: "SESSION", label: "Allow for this session", hint: "until the agent is restarted" },
  { scope: "TASK", label: "Allow for this task", hint: "remembered as long as the task lives" },
  { scope: "PROJECT", label: "Allow for this project", hint: "remembered for every task of the project" },
]

type PermissionButtonsProps = { id: string; denying: boolean; onDenying: (denying: boolean) => void }

export function PermissionButtons({ id, denying, onDenying }: PermissionButtonsProps) {
  const { busy, respond } = useRespond()
  if (denying) return <DenyForm id={id} onCancel={() => onDenying(false)} />
  return (
    <div className="flex flex-wrap gap-2">
      <Button kind="primary" disabled={busy} onClick={() => respond({ id, decision: "ALLOW" })}>
        <Check size={16} aria-hidden /> Allow once
      </Button>
      <Button disabled={busy} onClick={() => onDenying(true)}>
        <X size={16} aria-hidden /> Deny…
      </Button>
      <Menu trigger={<Button kind="quiet">More…</Button>}>
        {SCOPES.map(({ scope, label, hint }) => (
          <MenuItem key={scope} hint={hint} onSelect={() => void respond({ id, decision: "ALLOW", scope })}>
            {label}
          </MenuItem>
        ))}
      </Menu>
    </div>
  )
}

function DenyForm({ id, onCancel }: { id: string; onCancel: () => void }) {
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
        label="Why not? The agent is told (optional)"
        value={message}
        autoFocus
        maxLength={4000}
        onChange={(event) => setMessage(event.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit" kind="danger" disabled={busy}>
          Deny
        </Button>
        <Button onClick={onCancel}>Back</Button>
      </div>
    </form>
  )
}
