import { Check, X } from "lucide-react"
import { Button } from "@/ui/Button"
import { Menu, MenuItem } from "@/ui/Menu"
import { useRespond, type Scope } from "./respond"

const SCOPES: { scope: Scope; label: string; hint: string }[] = [
  { scope: "SESSION", label: "Allow for this session", hint: "until the agent is restarted" },
  { scope: "TASK", label: "Allow for this task", hint: "remembered as long as the task lives" },
  { scope: "PROJECT", label: "Allow for this project", hint: "remembered for every task of the project" },
]

type PermissionButtonsProps = { id: string; onDeny: () => void }

export function PermissionButtons({ id, onDeny }: PermissionButtonsProps) {
  const { busy, respond } = useRespond()
  return (
    <div className="flex flex-wrap gap-2">
      <Button kind="primary" disabled={busy} onClick={() => respond({ id, decision: "ALLOW" })}>
        <Check size={16} aria-hidden /> Allow once
      </Button>
      <Button disabled={busy} onClick={onDeny}>
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
