/** Reads a tool's input the way a person wants to see it. Pure. */
import { asksForPlan, readPlan } from "./plans"
import { readQuestions } from "./questions"

export type ReadableInput =
  | { kind: "command"; command: string; description?: string }
  | { kind: "edit"; path: string; before: string; after: string }
  | { kind: "write"; path: string; content: string }
  | { kind: "other"; json: string }

type Fields = Record<string, unknown>

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

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

/** Known shapes are recognised by their fields, not by the tool's name, so agents of strangers profit too. */
export function readInput(input: unknown): ReadableInput {
  if (isFields(input)) {
    const command = text(input["command"])
    if (command !== undefined) return { kind: "command", command, description: text(input["description"]) }
    const path = text(input["file_path"]) ?? text(input["path"])
    const [before, after] = [text(input["old_string"]), text(input["new_string"])]
    if (path && before !== undefined && after !== undefined) return { kind: "edit", path, before, after }
    const content = text(input["content"])
    if (path && content !== undefined) return { kind: "write", path, content }
  }
  return { kind: "other", json: JSON.stringify(input, null, 2) ?? "" }
}
