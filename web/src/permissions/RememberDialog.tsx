import { useState, type FormEvent } from "react"
import { useRespond, type Decision, type Scope } from "@/state/decisions"
import type { Permission } from "@/state/pendingPermissions"
import { SCOPES } from "@/state/scopes"
import { Button } from "@/ui/Button"
import { Dialog, DialogActions } from "@/ui/Dialog"
import { SelectField, TextField } from "@/ui/Field"

type RememberDialogProps = { request: Permission; onClose: () => void }

/** What the remembered answer is about: the very request, one of the patterns the server offers, or one's own. */
const EXACT = ""
const OWN = "own"

/** An answer that holds for more than this request: what it is about, and how far it reaches. */
export function RememberDialog({ request, onClose }: RememberDialogProps) {
  const { busy, respond } = useRespond()
  const [decision, setDecision] = useState<Decision>("ALLOW")
  const [scope, setScope] = useState<Scope>("TASK")
  const [about, setAbout] = useState(request.patterns[0] ?? EXACT)
  const [own, setOwn] = useState(request.patterns[0] ?? request.toolName)
  const pattern = about === OWN ? own.trim() : about
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (await respond({ id: request.id, decision, scope, pattern: pattern || null })) onClose()
  }
  return (
    <Dialog open onClose={onClose} title="Answer and remember" description={request.summary || request.toolName}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <SelectField label="Answer" value={decision} onChange={(event) => setDecision(event.target.value as Decision)}>
          <option value="ALLOW">Allow</option>
          <option value="DENY">Deny</option>
        </SelectField>
        <SelectField label="What" value={about} onChange={(event) => setAbout(event.target.value)}>
          <option value={EXACT}>Exactly this request</option>
          {request.patterns.map((each) => (
            <option key={each}>{each}</option>
          ))}
          <option value={OWN}>A pattern of my own…</option>
        </SelectField>
        {about === OWN && (
          <TextField
            label="Pattern"
            required
            className="font-mono"
            value={own}
            hint="As in a permission profile: Bash(git status:*), Edit(src/**), WebFetch(domain:example.org)"
            onChange={(event) => setOwn(event.target.value)}
          />
        )}
        <SelectField label="For" value={scope} hint={SCOPES.find((each) => each.scope === scope)?.hint} onChange={(event) => setScope(event.target.value as Scope)}>
          {SCOPES.map(({ scope: each, name }) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </SelectField>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind={decision === "ALLOW" ? "primary" : "danger"} disabled={busy || (about === OWN && !own.trim())}>
            {decision === "ALLOW" ? "Allow and remember" : "Deny and remember"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
