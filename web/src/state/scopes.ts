import type { Scope } from "./decisions"

/** How far a remembered answer reaches. */
export const SCOPES: readonly { scope: Scope; name: string; hint: string }[] = [
  { scope: "SESSION", name: "This conversation", hint: "Until the agent begins a new conversation." },
  { scope: "TASK", name: "This task", hint: "As long as the task lives." },
  { scope: "PROJECT", name: "The whole project", hint: "For every task of the project, also later ones." },
]

export const scopeName = (scope: string): string => SCOPES.find((each) => each.scope === scope)?.name ?? scope.toLowerCase()
