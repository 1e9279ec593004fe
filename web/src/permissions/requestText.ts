/** What a permission request is called. Pure. */
import { readQuestions } from "@/state/questions"
import { readInput } from "@/ui/readableInput"
import { asksForPlan, readPlan } from "./plans"

/** One word for what is asked: the tool, or that it is no tool at all. */
export function kindWords(toolName: string, input: unknown): string {
  if (readQuestions(input)) return "Question"
  return asksForPlan(toolName, input) ? "Plan" : toolName
}

/** What a request is about, beside its tool and its input: not the command a second time. */
export function titleOf(toolName: string, summary: string, input: unknown): string {
  const questions = readQuestions(input)
  if (questions) return questions.length === 1 ? "The agent has a question" : `The agent has ${questions.length} questions`
  if (readPlan(input)) return "The agent made a plan"
  const readable = readInput(input)
  if (readable.kind === "command") return readable.description || "Run this command?"
  return summary || `Use ${toolName}?`
}
