/** A tool call out of its events. Pure. */
import type { DataOf } from "@/api/eventKinds"
import { readPatch } from "@/ui/hunks"
import { text, texts } from "./eventData"
import type { Common, ToolItem } from "./item"

type Data = DataOf<"agent.tool">

const PHASES = { start: "started", end: "finished", failed: "failed" } as const

const phaseOf = ({ phase }: Data): ToolItem["phase"] => (phase && PHASES[phase]) ?? "finished"

function withoutName(tool: string, summary: string): string {
  return summary.startsWith(`${tool} `) ? summary.slice(tool.length + 1) : summary
}

const summaryOf = (tool: string, data: Data): string => withoutName(tool, text(data.summary) ?? "")

export function newTool(common: Common, data: Data): ToolItem {
  const tool = text(data.toolName) ?? "tool"
  return {
    ...common,
    type: "tool",
    tool,
    kind: text(data.toolKind),
    summary: summaryOf(tool, data),
    phase: phaseOf(data),
    files: texts(data.files),
    input: data.input ?? null,
    patch: readPatch(data.patch),
    result: text(data.result),
    error: text(data.error),
    subagent: text(data.agentRef),
    truncated: data.truncated === true,
  }
}

/** What a later event of the same call adds. */
export function resultOf(data: Data, at: string, known: ToolItem): Partial<ToolItem> {
  return {
    phase: phaseOf(data),
    endedAt: at,
    files: texts(data.files),
    patch: readPatch(data.patch),
    result: text(data.result),
    error: text(data.error),
    input: known.input ?? data.input ?? null,
    truncated: known.truncated || data.truncated === true,
  }
}
