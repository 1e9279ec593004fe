/** The views of the system page, in the order in which they are offered. */
export const SYSTEM_VIEWS = [
  { name: "projects", label: "Projects" },
  { name: "plugins", label: "Plugins" },
  { name: "permissions", label: "Permissions" },
  { name: "settings", label: "Settings" },
  { name: "checkup", label: "Check-up" },
  { name: "log", label: "Audit log" },
] as const

export type SystemViewName = (typeof SYSTEM_VIEWS)[number]["name"]

export function systemViewNamed(name: string | undefined): SystemViewName {
  return SYSTEM_VIEWS.find((view) => view.name === name)?.name ?? "projects"
}
