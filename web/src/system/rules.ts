/** Remembered permission rules, kept true by the event feed. */
import { graphql, type FragmentOf } from "@/api/graphql"
import type { FeedEvent } from "@/api/feed"
import { useLiveQuery } from "@/api/useLiveQuery"

const RuleFragment = graphql(`
  fragment Rule on PermissionRule {
    id scope decision toolName pattern toolInput summary author createdAt
    project { id name }
    task { id title }
  }
`)

const RulesQuery = graphql(`query PermissionRules { permissionRules { ...Rule } }`, [RuleFragment])

export const AddRuleMutation = graphql(`mutation AddRule($input: PermissionRuleInput!) { addPermissionRule(input: $input) { id } }`)
export const UpdateRuleMutation = graphql(`
  mutation UpdateRule($id: ID!, $input: UpdatePermissionRuleInput!) { updatePermissionRule(id: $id, input: $input) { id } }
`)
export const RemoveRuleMutation = graphql(`mutation RemoveRule($id: ID!) { removePermissionRule(id: $id) }`)

export type Rule = FragmentOf<typeof RuleFragment>

const concerns = (event: FeedEvent) =>
  event.kind.startsWith("permission.rule") || event.kind === "permission.resolved" || event.kind === "task.deleted"

export function useRules() {
  return useLiveQuery(RulesQuery, {}, concerns)
}

/** `Bash(git status:*)` in its two parts; undefined when it is not of this form. Pure. */
export function partsOf(text: string): { toolName: string; pattern: string | null } | undefined {
  const found = /^\s*([\w*-]+)\s*(?:\((.*)\))?\s*$/su.exec(text)
  return found?.[1] ? { toolName: found[1], pattern: found[2] || null } : undefined
}

/** The rule as it is written: `Bash(git status:*)`. Pure. */
export function writtenRule({ toolName, pattern }: { toolName: string; pattern: string | null }): string {
  return pattern === null ? toolName : `${toolName}(${pattern})`
}
