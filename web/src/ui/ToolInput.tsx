import { Code } from "./Code"
import { InlineEdit } from "./InlineEdit"
import { languageOf } from "./languages"
import { readInput } from "./readableInput"

type ToolInputProps = {
  input: unknown
  /** The lines that an edit takes away and adds, in the words of its agent. */
  change?: string | null
}

/** What a tool is about to do: a command highlighted, an edit as a diff, anything else as JSON. */
export function ToolInput({ input, change }: ToolInputProps) {
  const readable = readInput(input)
  switch (readable.kind) {
    case "command":
      return <Code text={readable.command} language="bash" />
    case "edit":
      return <InlineEdit path={readable.path} before={readable.before} after={readable.after} />
    case "write":
      return (
        <div className="flex flex-col gap-1">
          <p className="font-mono text-xs break-all text-muted">{readable.path}</p>
          <Code text={readable.content} language={languageOf(readable.path)} />
        </div>
      )
    case "other":
      return change ? <Code text={change} language="diff" /> : <Code text={readable.json} language="json" />
  }
}
