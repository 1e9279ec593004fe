/**
 * Makes a timeline of a task out of its event log. Pure.
 *
 * Events that belong together become one item (a tool call and its result, a message and its states,
 * a permission request and its answer). Kinds that nobody here knows stay visible as they are, so
 * that events of plugins appear without a new client.
 */
import type { FeedEvent } from "@/api/feed"

type Common = { key: string; at: string; source: string }

export type ToolItem = Common & {
  type: "tool"
  tool: string
  summary: string
  /** `ended`: its turn is over and nobody reported a result. */
  phase: "started" | "finished" | "failed" | "ended"
  endedAt?: string
  files: string[]
  error?: string
  subagent?: string
}

export type Item =
  | (Common & { type: "said"; text: string; author: string; state?: string; messageId?: string })
  | (Common & { type: "reply"; text?: string; interrupted: boolean; background: number })
  | ToolItem
  | (Common & { type: "permission"; id: string; toolName: string; summary: string; state: string; by?: string; message?: string })
  | (Common & { type: "commit"; id: string; message: string; files: string[] })
  | (Common & { type: "given"; paths: string[]; leftOut: number })
  | (Common & { type: "run"; words: string; trouble: boolean })
  | (Common & { type: "standing"; words: string })
  | (Common & { type: "trouble"; words: string })
  | (Common & { type: "other"; kind: string; data: unknown })

type Data = Record<string, unknown>

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : [])

function dataOf(event: FeedEvent): Data {
  return typeof event.data === "object" && event.data !== null ? (event.data as Data) : {}
}

/** Agents trim prompts and may put a word in front, so texts are compared without their spacing. */
const squeeze = (value: string): string => value.split(/\s+/).filter(Boolean).join(" ")

function withoutName(tool: string, summary: string): string {
  return summary.startsWith(`${tool} `) ? summary.slice(tool.length + 1) : summary
}

export class TimelineBuilder {
  readonly items: Item[] = []
  #tools = new Map<string, ToolItem>()
  #messages = new Map<string, Extract<Item, { type: "said" }>>()
  #permissions = new Map<string, Extract<Item, { type: "permission" }>>()
  /** Prompts that stand in the timeline already and that the agent has not echoed yet. */
  #unechoed: string[] = []

  add(event: FeedEvent): void {
    const common = { key: event.cursor, at: event.at, source: event.source }
    const data = dataOf(event)
    const group = event.kind.split(".")[0]
    if (group === "message") this.#message(common, data)
    else if (group === "permission") this.#permission(common, data)
    else if (event.kind === "agent.tool") this.#tool(common, data)
    else if (event.kind === "agent.prompt") this.#prompt(common, data)
    else this.#plain(event.kind, common, data)
  }

  #message(common: Common, data: Data): void {
    const id = text(data["id"]) ?? common.key
    const known = this.#messages.get(id)
    if (known) {
      known.state = text(data["state"])
      return
    }
    const said = text(data["text"]) ?? ""
    const item = { ...common, type: "said" as const, text: said, author: text(data["author"]) ?? common.source, state: text(data["state"]), messageId: id }
    this.#messages.set(id, item)
    this.#say(item)
  }

  #prompt(common: Common, data: Data): void {
    const said = text(data["text"]) ?? ""
    const squeezed = squeeze(said)
    const echoed = this.#unechoed.findIndex((each) => squeezed.includes(each))
    if (echoed >= 0) this.#unechoed.splice(echoed, 1)
    else this.items.push({ ...common, type: "said", text: said, author: "typed in the terminal" })
  }

  #say(item: Extract<Item, { type: "said" }>): void {
    this.items.push(item)
    if (squeeze(item.text)) this.#unechoed.push(squeeze(item.text))
  }

  #permission(common: Common, data: Data): void {
    const id = text(data["id"]) ?? common.key
    const state = text(data["state"]) ?? "PENDING"
    const answer = { state, by: text(data["decidedBy"]), message: text(data["message"]) }
    const known = this.#permissions.get(id)
    if (known) {
      Object.assign(known, answer)
      return
    }
    const toolName = text(data["toolName"]) ?? "a tool"
    const item = { ...common, type: "permission" as const, id, toolName, summary: text(data["summary"]) ?? toolName, ...answer }
    this.#permissions.set(id, item)
    this.items.push(item)
  }

  #tool(common: Common, data: Data): void {
    const useId = text(data["useId"])
    const phase = data["phase"] === "started" || data["phase"] === "failed" ? data["phase"] : "finished"
    const known = useId ? this.#tools.get(useId) : undefined
    if (known) {
      Object.assign(known, { phase, endedAt: common.at, files: texts(data["files"]), error: text(data["error"]) })
      return
    }
    const tool = text(data["tool"]) ?? "tool"
    const item: ToolItem = {
      ...common,
      type: "tool",
      tool,
      summary: withoutName(tool, text(data["summary"]) ?? ""),
      phase,
      files: texts(data["files"]),
      error: text(data["error"]),
      subagent: text(data["agent"]),
    }
    if (useId) this.#tools.set(useId, item)
    this.items.push(item)
  }

  /** Agents do not report tools that were denied or interrupted: the end of the turn is their end. */
  #endTools(at: string): void {
    for (const tool of this.#tools.values()) {
      if (tool.phase === "started") Object.assign(tool, { phase: "ended", endedAt: at })
    }
  }

  #plain(kind: string, common: Common, data: Data): void {
    if (kind === "agent.turn" || kind === "agent.error" || kind === "run.ended") this.#endTools(common.at)
    const prompt = kind === "run.started" ? text(data["prompt"]) : undefined
    const item = plainItem(kind, common, data)
    if (item) this.items.push(item)
    // A prompt that was sent as a message stands there already.
    if (prompt && !this.#unechoed.includes(squeeze(prompt))) this.#say({ ...common, key: `${common.key}-prompt`, type: "said", text: prompt, author: "first prompt" })
  }
}

function plainItem(kind: string, common: Common, data: Data): Item | undefined {
  switch (kind) {
    case "agent.turn": {
      const interrupted = data["interrupted"] === true
      const background = typeof data["background"] === "number" ? data["background"] : 0
      return { ...common, type: "reply", text: text(data["text"]), interrupted, background }
    }
    case "vcs.commit":
      return { ...common, type: "commit", id: text(data["id"]) ?? "", message: text(data["message"]) ?? "", files: texts(data["files"]) }
    case "document.given":
      return givenItem(common, data)
    case "document.reference":
      return { ...common, type: "standing", words: `${text(data["path"]) ?? "A document"} ${data["stale"] ? "changed since it was referred to" : "was found again"}` }
    case "run.started":
      return { ...common, type: "run", words: data["resumedFrom"] ? "Agent resumed" : "Agent started", trouble: false }
    case "run.ended":
      return { ...common, type: "run", words: runEndWords(data), trouble: data["end"] !== "FINISHED" && data["end"] !== "KILLED" }
    case "agent.error":
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
      return { ...common, type: "standing", words: standingWords(kind, data) }
    default:
      return { ...common, type: "other", kind, data }
  }
}

function givenItem(common: Common, data: Data): Item | undefined {
  const documents = Array.isArray(data["documents"]) ? (data["documents"] as Data[]) : []
  const leftOut = Array.isArray(data["leftOut"]) ? data["leftOut"].length : 0
  const paths = documents.map((each) => text(each?.["path"]) ?? "").filter(Boolean)
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
  const what = { "agent.error": "The agent reports an error", "vcs.conflict": "Conflict", "vcs.error": "Version control", "host.error": "Host" }[kind]
  return `${what}: ${[text(data["error"]), text(data["message"]), text(data["text"])].filter(Boolean).join(": ") || "unknown"}`
}

function standingWords(kind: string, data: Data): string {
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
    default:
      return "Task created"
  }
}

export function timelineOf(events: Iterable<FeedEvent>): Item[] {
  const builder = new TimelineBuilder()
  for (const event of events) builder.add(event)
  return builder.items
}
