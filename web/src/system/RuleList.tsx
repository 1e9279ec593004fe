import { Link } from "@tanstack/react-router"
import { Pencil, Plus, Trash2 } from "lucide-react"
import { useState } from "react"
import { useAction } from "@/api/useAction"
import { scopeName } from "@/state/scopes"
import { Badge } from "@/ui/Badge"
import { Button, IconButton } from "@/ui/Button"
import { ElapsedTime } from "@/ui/ElapsedTime"
import { Loaded } from "@/ui/Notice"
import { RuleDialog } from "./RuleDialog"
import { RemoveRuleMutation, useRules, type Rule } from "./rules"
import { Section } from "./Section"

/** Answers that are remembered: by whom, for what and for how long. */
export function RuleList() {
  const [state] = useRules()
  const [editing, setEditing] = useState<Rule | "new">()
  return (
    <Section title="Remembered rules">
      <p className="mb-3 text-sm text-muted">Answers that hold for more than one request. A rule that denies wins over one that allows.</p>
      <Loaded state={state} what="rules">
        {({ permissionRules }) =>
          permissionRules.length === 0 ? (
            <p className="text-sm text-muted">None yet. Answer a request with “More…”, or add one here.</p>
          ) : (
            <ul aria-label="Rules" className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
              {permissionRules.map((rule) => (
                <RuleLine key={rule.id} rule={rule} onEdit={() => setEditing(rule)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Button className="mt-3" onClick={() => setEditing("new")}>
        <Plus size={16} aria-hidden /> Add a rule
      </Button>
      {editing && <RuleDialog rule={editing === "new" ? undefined : editing} onClose={() => setEditing(undefined)} />}
    </Section>
  )
}

function RuleLine({ rule, onEdit }: { rule: Rule; onEdit: () => void }) {
  const { busy, run } = useAction(RemoveRuleMutation)
  return (
    <li className="flex items-center gap-2 px-4 py-2">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-0.5">
        <Badge tone={rule.decision === "ALLOW" ? "ok" : "danger"}>{rule.decision === "ALLOW" ? "allow" : "deny"}</Badge>
        <code className="min-w-0 text-xs break-all">{rule.summary}</code>
        <span className="w-full text-xs text-muted">
          {scopeName(rule.scope)}
          {rule.task && (
            <>
              {": "}
              <Link to="/tasks/$taskId" params={{ taskId: rule.task.id }} className="text-accent hover:underline">
                {rule.task.title}
              </Link>
            </>
          )}
          {!rule.task && rule.project && `: ${rule.project.name}`} · by {rule.author}, <ElapsedTime at={rule.createdAt} suffix=" ago" />
        </span>
      </div>
      <IconButton label={`Edit ${rule.summary}`} onClick={onEdit}>
        <Pencil size={15} aria-hidden />
      </IconButton>
      <IconButton label={`Remove ${rule.summary}`} disabled={busy} onClick={() => void run({ id: rule.id })}>
        <Trash2 size={15} aria-hidden />
      </IconButton>
    </li>
  )
}
