/** What a timeline is made of. */
import type { PatchHunk } from "@/ui/hunks"

export type Common = { key: string; at: string; source: string }

export type ToolItem = Common & {
  type: "tool"
  tool: string
  /** What the tool does, whatever its agent calls it; undefined when nobody said. */
  kind?: string
  summary: string
  /** `ended`: its turn is over and nobody reported a result. */
  phase: "started" | "finished" | "failed" | "ended"
  endedAt?: string
  files: string[]
  /** What the tool was asked; null when nobody said. */
  input: unknown
  patch: PatchHunk[]
  result?: string
  error?: string
  subagent?: string
  /** Input or result were too long to be kept whole. */
  truncated: boolean
}

export type SaidItem = Common & { type: "said"; text: string; author: string; state?: string; messageId?: string }

export type PermissionItem = Common & {
  type: "permission"
  id: string
  toolName: string
  summary: string
  state: string
  by?: string
  scope?: string
  message?: string
  answers: [question: string, answer: string][]
  /** With the plan that was approved, where that was chosen. */
  goesOn?: string
}

export type Item =
  | SaidItem
  | (Common & { type: "reply"; text?: string; interrupted: boolean; background: number })
  | ToolItem
  | PermissionItem
  | (Common & { type: "commit"; id: string; message: string; files: string[] })
  | (Common & { type: "given"; paths: string[]; leftOut: number })
  | (Common & { type: "run"; words: string; trouble: boolean })
  | (Common & { type: "status"; words: string })
  | (Common & { type: "trouble"; words: string })
  | (Common & { type: "other"; kind: string; data: unknown })
