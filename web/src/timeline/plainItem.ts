/** Events that are an item by themselves. Pure. */
import { costText, tokensText } from "@/ui/time"
import { isData, text, texts, type Data } from "./eventData"
import type { Common, Item } from "./item"

export function plainItem(kind: string, common: Common, data: Data): Item | undefined {
  switch (kind) {
    case "agent.turn": {
      const interrupted = data["interrupted"] === true
      const background = typeof data["background"] === "number" ? data["background"] : 0
      return { ...common, type: "reply", text: text(data["text"]), interrupted, background }
    }
    case "vcs.commit":
      return { ...common, type: "commit", id: text(data["id"]) ?? "", message: text(data["message"]) ?? "", files: texts(data["files"]) }
    case "permission.enforced":
      return enforcedItem(common, data)
    case "document.given":
      return givenItem(common, data)
    case "document.reference":
      return { ...common, type: "status", words: `${text(data["path"]) ?? "A document"} ${data["stale"] ? "changed since it was referred to" : "was found again"}` }
    case "run.started":
      return { ...common, type: "run", words: data["resumedFrom"] ? "Agent resumed" : "Agent started", trouble: false }
    case "run.ended":
      return { ...common, type: "run", words: runEndWords(data), trouble: data["end"] !== "FINISHED" && data["end"] !== "KILLED" }
    case "agent.error":
    case "agent.lines_lost":
    case "vcs.error":
    case "vcs.conflict":
    case "host.error":
      return { ...common, type: "trouble", words: troubleWords(kind, data) }
    case "agent.status":
    case "task.status":
    case "task.created":
    case "task.updated":
    case "vcs.branch":
    case "agent.left":
    case "message.reordered":
    case "run.usage":
    case "permission.rule_added":
    case "permission.rule_changed":
    case "permission.rule_removed":
      return { ...common, type: "status", words: statusWords(kind, data) }
    default:
      return { ...common, type: "other", kind, data }
  }
}

/** A profile or a rule decided before anybody was asked. */
function enforcedItem(common: Common, data: Data): Item {
  const toolName = text(data["toolName"]) ?? "a tool"
  const states: Record<string, string> = { ALLOW: "ALLOWED", DENY: "DENIED", ASK: "ASKED" }
  const state = states[String(data["decision"]).toUpperCase()] ?? String(data["decision"])
  const what = { toolName, summary: text(data["summary"]) ?? toolName, by: text(data["by"]), answers: [] }
  return { ...common, ...what, type: "permission", id: common.key, state }
}

function givenItem(common: Common, data: Data): Item | undefined {
  const documents = Array.isArray(data["documents"]) ? data["documents"].filter(isData) : []
  const leftOut = Array.isArray(data["leftOut"]) ? data["leftOut"].length : 0
  const paths = documents.map((each) => text(each["path"]) ?? "").filter(Boolean)
  return paths.length + leftOut > 0 ? { ...common, type: "given", paths: [...new Set(paths)], leftOut } : undefined
}

function runEndWords(data: Data): string {
  const end = text(data["end"])?.toLowerCase() ?? "ended"
  const code = data["exitCode"] ? `, exit code ${String(data["exitCode"])}` : ""
  const signal = text(data["signal"]) ? `, signal ${String(data["signal"])}` : ""
  const detail = text(data["detail"])
  return `Agent run ${end}${code}${signal}${detail && detail.toLowerCase() !== end ? `: ${detail}` : ""}`
}

function troubleWords(kind: string, data: Data): string {
  const what = { "agent.error": "The agent reports an error", "agent.lines_lost": "Output lost", "vcs.conflict": "Conflict", "vcs.error": "Version control", "host.error": "Host" }[kind]
  return `${what}: ${[text(data["error"]), text(data["message"]), text(data["text"])].filter(Boolean).join(": ") || "unknown"}`
}

function statusWords(kind: string, data: Data): string {
  switch (kind) {
    case "agent.status":
      return `Agent ${String(data["status"]).toLowerCase()}${text(data["activity"]) ? `: ${text(data["activity"])}` : ""}`
    case "task.status":
      return `Task ${String(data["status"]).toLowerCase()}${text(data["why"]) ? `: ${text(data["why"])}` : ""}`
    case "task.updated":
      return `Task changed: ${texts(data["fields"]).join(", ")}`
    case "vcs.branch":
      return `Branch ${text(data["branch"]) ?? ""}`
    case "agent.left":
      return `The agent left${text(data["reason"]) ? `: ${text(data["reason"])}` : ""}`
    case "message.reordered":
      return "The queued messages were put into another order"
    case "run.usage":
      return usageWords(data)
    case "permission.rule_added":
    case "permission.rule_changed":
    case "permission.rule_removed":
      return `Permission rule ${kind.slice("permission.rule_".length)}: ${text(data["summary"]) ?? text(data["toolName"]) ?? ""}`
    default:
      return "Task created"
  }
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)

function usageWords(data: Data): string {
  const [input, output, cost] = [number(data["inputTokens"]), number(data["outputTokens"]), number(data["costUsd"])]
  const tokens = input === undefined && output === undefined ? [] : [`${tokensText((input ?? 0) + (output ?? 0))} tokens`]
  return `Used so far: ${[...tokens, ...(cost === undefined ? [] : [costText(cost)])].join(", ") || "nothing known"}`
}
