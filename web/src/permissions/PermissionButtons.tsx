import { Check, X } from "lucide-react"
import { useState } from "react"
import { useRespond } from "@/state/decisions"
import type { Permission } from "@/state/pendingPermissions"
import { SCOPES } from "@/state/scopes"
import { Button } from "@/ui/Button"
import { Menu, MenuItem } from "@/ui/Menu"
import { RememberDialog } from "./RememberDialog"

type PermissionButtonsProps = { request: Permission; onDeny: () => void }

export function PermissionButtons({ request, onDeny }: PermissionButtonsProps) {
  const { id } = request
  const { busy, respond } = useRespond()
  const [remembering, setRemembering] = useState(false)
  return (
    <div className="flex flex-wrap gap-2">
      <Button kind="primary" disabled={busy} onClick={() => respond({ id, decision: "ALLOW" })}>
        <Check size={16} aria-hidden /> Allow once
      </Button>
      <Button disabled={busy} onClick={onDeny}>
        <X size={16} aria-hidden /> Deny…
      </Button>
      <Menu trigger={<Button kind="quiet">More…</Button>}>
        {SCOPES.map(({ scope, name, hint }) => (
          <MenuItem key={scope} hint={`This very request. ${hint}`} onSelect={() => void respond({ id, decision: "ALLOW", scope })}>
            Allow for {name.toLowerCase()}
          </MenuItem>
        ))}
        <MenuItem hint="Allow or deny everything that fits a pattern" onSelect={() => setRemembering(true)}>
          Answer and remember…
        </MenuItem>
      </Menu>
      {remembering && <RememberDialog request={request} onClose={() => setRemembering(false)} />}
    </div>
  )
}
