/** Reads a tool's input the way a person wants to see it. Pure. */

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
