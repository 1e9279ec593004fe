/** Whether the new-task dialog is open, and the draft in it, which survives a reload. */
import type { VariablesOf } from "@/api/graphql"
import { Store } from "@/api/store"
import { readBudget } from "@/ui/BudgetField"
import type { CreateMutation } from "./useCreateTask"

export type DraftReference = { path: string; heading?: string }

export type Draft = {
  title: string
  description: string
  projectId: string
  agent: string
  vcsBackend: string
  sessionBackend: string
  permissionProfile: string
  runMode: "INTERACTIVE" | "HEADLESS"
  /** In dollars, as it was typed; empty: no limit. */
  budget: string
  references: DraftReference[]
}

export const EMPTY_DRAFT: Draft = {
  title: "",
  description: "",
  projectId: "",
  agent: "",
  vcsBackend: "",
  sessionBackend: "",
  permissionProfile: "",
  runMode: "INTERACTIVE",
  budget: "",
  references: [],
}

const KEY = "chorus.new-task"

export const newTaskOpen = new Store(false)

export const openNewTask = (): void => newTaskOpen.set(true)
export const closeNewTask = (): void => newTaskOpen.set(false)

export function loadDraft(): Draft {
  try {
    return { ...EMPTY_DRAFT, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Draft>) }
  } catch {
    return EMPTY_DRAFT
  }
}

export function saveDraft(draft: Draft): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft))
  } catch {
    // Storage can be full or forbidden; the draft then lives as long as the dialog.
  }
}

export function dropDraft(): void {
  localStorage.removeItem(KEY)
}

/** What the server is asked for; what was left open is left to its defaults. Pure. */
export function createInput(draft: Draft, projectId: string | undefined, key: string): VariablesOf<typeof CreateMutation>["input"] {
  const { title, description, runMode } = draft
  return {
    title: title.trim(),
    description,
    runMode,
    projectId: projectId || null,
    agent: draft.agent || null,
    vcsBackend: draft.vcsBackend || null,
    sessionBackend: draft.sessionBackend || null,
    permissionProfile: draft.permissionProfile || null,
    budgetUsd: readBudget(draft.budget),
    clientMutationId: key,
  }
}
