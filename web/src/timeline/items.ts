/**
 * Makes a timeline of a task out of its event log. Pure.
 *
 * Events that belong together become one item (a tool call and its result, a message and its states,
 * a permission request and its answer). Kinds that nobody here knows stay visible as they are, so
 * that events of plugins appear without a new client.
 */
import type { DataOf, EventKind, KnownEvent } from "@/api/eventKinds"
import type { FeedEvent } from "@/api/feed"
import { isObject, text, texts, typedEvent } from "./eventData"
import type { Common, Item, PermissionItem, SaidItem, ToolItem } from "./item"
import { plainItem } from "./plainItem"
import { newTool, resultOf } from "./tool"

export type { Item } from "./item"

/** Agents trim prompts and may put a word in front, so texts are compared without their spacing. */
const squeeze = (value: string): string => value.split(/\s+/).filter(Boolean).join(" ")

/** How an agent goes on with its plan (`AfterPlan`). */
const GOES_ON: Record<string, string> = { ASK_FOR_EDITS: "asking for each edit", ACCEPT_EDITS: "accepting edits" }

/** Kinds that say something new about one message. */
type MessageKind = Exclude<Extract<EventKind, `message.${string}`>, "message.reordered">

export class TimelineBuilder {
  readonly items: Item[] = []
  #tools = new Map<string, ToolItem>()
  #messages = new Map<string, SaidItem>()
  #permissions = new Map<string, PermissionItem>()
  /** Prompts that stand in the timeline already and that the agent has not echoed yet. */
  #unechoed: string[] = []
  /** What the agent said last, which the end of its turn repeats. */
  #lastSaid = ""

  add(event: FeedEvent): void {
    const common = { key: event.cursor, at: event.at, source: event.source }
    const typed = typedEvent(event)
    switch (typed.kind) {
      case "message.queued":
      case "message.delayed":
      case "message.delivered":
      case "message.accepted":
      case "message.failed":
      case "message.updated":
      case "message.removed":
        return this.#message(typed.kind, common, typed.data)
      case "permission.requested":
      case "permission.resolved":
        return this.#permission(common, typed.data)
      case "agent.tool":
        return this.#tool(common, typed.data)
      case "agent.prompt":
        return this.#prompt(common, typed.data)
      case "agent.text":
        return this.#text(common, typed.data)
      default:
        return this.#plain(typed, common)
    }
  }

  #message(kind: MessageKind, common: Common, data: DataOf<MessageKind>): void {
    const id = text(data.id) ?? common.key
    const state = kind === "message.removed" ? "REMOVED" : text(data.state)
    const said = text(data.text)
    const known = this.#messages.get(id)
    if (known) {
      this.#retell(known, said)
      known.state = state ?? known.state
      return
    }
    const item: SaidItem = { ...common, type: "said", text: said ?? "", author: text(data.author) ?? common.source, state, messageId: id }
    this.#messages.set(id, item)
    this.#say(item)
  }

  /** A queued message was written anew: the agent will echo the new text. */
  #retell(item: SaidItem, said: string | undefined): void {
    if (said === undefined || said === item.text) return
    const at = this.#unechoed.indexOf(squeeze(item.text))
    if (at >= 0) this.#unechoed[at] = squeeze(said)
    item.text = said
  }

  #prompt(common: Common, data: DataOf<"agent.prompt">): void {
    const said = text(data.text) ?? ""
    const squeezed = squeeze(said)
    const echoed = this.#unechoed.findIndex((each) => squeezed.includes(each))
    if (echoed >= 0) this.#unechoed.splice(echoed, 1)
    else this.items.push({ ...common, type: "said", text: said, author: "typed in the terminal" })
  }

  #say(item: SaidItem): void {
    this.items.push(item)
    if (squeeze(item.text)) this.#unechoed.push(squeeze(item.text))
  }

  #text(common: Common, data: DataOf<"agent.text">): void {
    const said = text(data.text)
    if (!said || squeeze(said) === this.#lastSaid) return
    this.#lastSaid = squeeze(said)
    this.items.push({ ...common, type: "reply", text: said, interrupted: false, background: 0 })
  }

  #permission(common: Common, data: DataOf<"permission.requested" | "permission.resolved">): void {
    const id = text(data.id) ?? common.key
    const state = text(data.state) ?? "PENDING"
    const answer = {
      state,
      by: text(data.decidedBy),
      scope: text(data.scope),
      message: text(data.message),
      answers: answersOf(data.answers),
      goesOn: GOES_ON[text(data.afterPlan) ?? ""],
    }
    const known = this.#permissions.get(id)
    if (known) {
      Object.assign(known, answer)
      return
    }
    const toolName = text(data.toolName) ?? "a tool"
    const item: PermissionItem = { ...common, type: "permission", id, toolName, summary: text(data.summary) ?? toolName, ...answer }
    this.#permissions.set(id, item)
    this.items.push(item)
  }

  #tool(common: Common, data: DataOf<"agent.tool">): void {
    const useId = text(data.useId)
    const known = useId ? this.#tools.get(useId) : undefined
    if (known) {
      Object.assign(known, resultOf(data, common.at, known))
      return
    }
    const item = newTool(common, data)
    if (useId) this.#tools.set(useId, item)
    this.items.push(item)
  }

  /** Agents do not report tools that were denied or interrupted: the end of the turn is their end. */
  #endTools(at: string): void {
    for (const tool of this.#tools.values()) {
      if (tool.phase === "started") Object.assign(tool, { phase: "ended", endedAt: at })
    }
  }

  #plain(event: KnownEvent, common: Common): void {
    if (event.kind === "agent.turn" || event.kind === "agent.error" || event.kind === "run.ended") this.#endTools(common.at)
    const prompt = event.kind === "run.started" ? text(event.data.prompt) : undefined
    const item = plainItem(event.kind === "agent.turn" ? this.#withoutEcho(event) : event, common)
    if (item) this.items.push(item)
    // A prompt that was sent as a message stands there already.
    if (prompt && !this.#unechoed.includes(squeeze(prompt))) this.#say({ ...common, key: `${common.key}-prompt`, type: "said", text: prompt, author: "first prompt" })
  }

  /** The end of a turn carries the agent's last words, which may stand there already. */
  #withoutEcho({ kind, data }: KnownEvent<"agent.turn">): KnownEvent<"agent.turn"> {
    const echo = this.#lastSaid !== "" && squeeze(text(data.text) ?? "") === this.#lastSaid
    this.#lastSaid = ""
    return { kind, data: echo ? { ...data, text: undefined } : data }
  }
}

/** Answers to questions: `{question: label}`, or a list of labels where several could be chosen. */
function answersOf(value: unknown): [string, string][] {
  if (!isObject(value)) return []
  return Object.entries(value).map(([question, answer]) => [question, Array.isArray(answer) ? texts(answer).join(", ") : String(answer)])
}

export function timelineOf(events: Iterable<FeedEvent>): Item[] {
  const builder = new TimelineBuilder()
  for (const event of events) builder.add(event)
  return builder.items
}
