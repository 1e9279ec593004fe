/** Events that are an item by themselves. Pure. */
import type { DataOf, KnownEvent } from "@/api/eventKinds"
import { costText, tokensText } from "@/ui/time"
import { text, texts } from "./eventData"
import type { Common, Item } from "./item"

export function plainItem(event: KnownEvent, common: Common): Item | undefined {
  const { kind, data } = event
  switch (kind) {
    case "agent.turn": {
      const interrupted = data.interrupted === true
      const background = typeof data.background === "number" ? data.background : 0
      return { ...common, type: "reply", text: text(data.text), interrupted, background }
    }
    case "vcs.commit":
      return { ...common, type: "commit", id: text(data.id) ?? "", message: text(data.message) ?? "", files: texts(data.files) }
    case "permission.enforced":
      return enforcedItem(common, data)
    case "document.given":
      return givenItem(common, data)
    case "document.reference":
      return { ...common, type: "status", words: `${text(data.path) ?? "A document"} ${data.stale ? "changed since it was referred to" : "was found again"}` }
    case "run.started":
      return { ...common, type: "run", words: data.resumedFrom ? "Agent resumed" : "Agent started", trouble: false }
    case "run.ended":
      return { ...common, type: "run", words: runEndWords(data), trouble: data.end !== "FINISHED" && data.end !== "KILLED" }
    case "agent.error":
      return troubleItem(common, "The agent reports an error", data.error, data.text)
    case "agent.lines_lost":
      return troubleItem(common, "Output lost", data.message)
    case "vcs.error":
      return troubleItem(common, "Version control", data.message)
    case "vcs.conflict":
      return troubleItem(common, "Conflict", data.message)
    case "host.error":
      return troubleItem(common, "Host", data.message)
    default: {
      const words = statusWords(event)
      return words === undefined ? { ...common, type: "other", kind, data } : { ...common, type: "status", words }
    }
  }
}

function troubleItem(common: Common, what: string, ...words: (string | null | undefined)[]): Item {
  return { ...common, type: "trouble", words: `${what}: ${words.filter(Boolean).join(": ") || "unknown"}` }
}

/** A profile or a rule decided before anybody was asked. */
function enforcedItem(common: Common, data: DataOf<"permission.enforced">): Item {
  const toolName = text(data.toolName) ?? "a tool"
  const states: Record<string, string> = { ALLOW: "ALLOWED", DENY: "DENIED", ASK: "ASKED" }
  const state = states[String(data.decision).toUpperCase()] ?? String(data.decision)
  const what = { toolName, summary: text(data.summary) ?? toolName, by: text(data.by), answers: [] }
  return { ...common, ...what, type: "permission", id: common.key, state }
}

function givenItem(common: Common, data: DataOf<"document.given">): Item | undefined {
  const documents = data.documents ?? []
  const leftOut = data.leftOut?.length ?? 0
  const paths = documents.map((each) => each.path).filter(Boolean)
  return paths.length + leftOut > 0 ? { ...common, type: "given", paths: [...new Set(paths)], leftOut } : undefined
}

function runEndWords(data: DataOf<"run.ended">): string {
  const end = text(data.end)?.toLowerCase() ?? "ended"
  const code = data.exitCode ? `, exit code ${String(data.exitCode)}` : ""
  const signal = text(data.signal) ? `, signal ${String(data.signal)}` : ""
  const detail = text(data.detail)
  return `Agent run ${end}${code}${signal}${detail && detail.toLowerCase() !== end ? `: ${detail}` : ""}`
}

function statusWords({ kind, data }: KnownEvent): string | undefined {
  switch (kind) {
    case "agent.status":
      return `Agent ${String(data.status).toLowerCase()}${data.activity ? `: ${data.activity}` : ""}`
    case "task.status":
      return `Task ${String(data.status).toLowerCase()}${data.why ? `: ${data.why}` : ""}`
    case "task.created":
      return "Task created"
    case "task.updated":
      return `Task changed: ${texts(data.fields).join(", ")}`
    case "vcs.branch":
      return `Branch ${data.branch ?? ""}`
    case "agent.left":
      return `The agent left${data.reason ? `: ${data.reason}` : ""}`
    case "message.reordered":
      return "The queued messages were put into another order"
    case "run.usage":
      return usageWords(data)
    case "permission.rule_added":
    case "permission.rule_changed":
    case "permission.rule_removed":
      return `Permission rule ${kind.slice("permission.rule_".length)}: ${data.summary ?? data.toolName ?? ""}`
  }
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)

function usageWords(data: DataOf<"run.usage">): string {
  const [input, output, cost] = [number(data.inputTokens), number(data.outputTokens), number(data.costUsd)]
  const tokens = input === undefined && output === undefined ? [] : [`${tokensText((input ?? 0) + (output ?? 0))} tokens`]
  return `Used so far: ${[...tokens, ...(cost === undefined ? [] : [costText(cost)])].join(", ") || "nothing known"}`
}
