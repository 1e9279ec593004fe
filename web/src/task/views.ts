/** The views of a task, in the order in which they are offered. */
export const VIEWS = [
  { name: "timeline", label: "Timeline" },
  { name: "terminal", label: "Terminal" },
  { name: "changes", label: "Changes" },
  { name: "commits", label: "Commits" },
  { name: "documents", label: "Documents" },
  { name: "details", label: "Details" },
] as const

export type ViewName = (typeof VIEWS)[number]["name"]

export function viewNamed(name: string | undefined): ViewName {
  return VIEWS.find((view) => view.name === name)?.name ?? "timeline"
}
