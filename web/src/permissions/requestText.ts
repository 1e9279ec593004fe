/** What a permission request is called. Pure. */
import type { Permission } from "@/state/pendingPermissions"
import { readInput } from "@/ui/readableInput"

type Asked = Pick<Permission, "toolName" | "toolKind" | "toolInput" | "summary" | "questions" | "plan">

/** One word for what is asked: the tool, or that it is no tool at all. */
export function kindWords({ toolKind, toolName }: Pick<Asked, "toolKind" | "toolName">): string {
  if (toolKind === "QUESTION") return "Question"
  return toolKind === "PLAN" ? "Plan" : toolName
}

/** What a request is about, beside its tool and its input: not the command a second time. */
export function titleOf({ toolName, toolKind, toolInput, summary, questions, plan }: Asked): string {
  if (questions.length > 0) return questions.length === 1 ? "The agent has a question" : `The agent has ${questions.length} questions`
  if (plan) return "The agent made a plan"
  const readable = readInput(toolInput)
  if (toolKind === "RUN") return (readable.kind === "command" && readable.description) || "Run this command?"
  return summary || `Use ${toolName}?`
}
