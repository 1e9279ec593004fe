import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { InboxPage } from "@/permissions/InboxPage"
import { readFilter } from "@/tasks/filters"
import { TasksPage } from "@/tasks/TasksPage"
import { NotFound } from "./NotFound"
import { Shell } from "./Shell"

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const tasks = createRoute({ getParentRoute: () => root, path: "/", validateSearch: readFilter, component: TasksPage })

type ViewSearch = { view?: string }

const viewIn = ({ view }: Record<string, unknown>): ViewSearch => (typeof view === "string" ? { view } : {})

const task = createRoute({
  getParentRoute: () => root,
  path: "/tasks/$taskId",
  validateSearch: viewIn,
  component: lazyRouteComponent(() => import("./TaskPage"), "TaskPage"),
})

const inbox = createRoute({ getParentRoute: () => root, path: "/inbox", component: InboxPage })

type DocumentSearch = { project?: string; path?: string }

const documents = createRoute({
  getParentRoute: () => root,
  path: "/documents",
  validateSearch: ({ project, path }: Record<string, unknown>): DocumentSearch => ({
    ...(typeof project === "string" && { project }),
    ...(typeof path === "string" && { path }),
  }),
  component: lazyRouteComponent(() => import("@/documents/DocumentsPage"), "DocumentsPage"),
})

const system = createRoute({
  getParentRoute: () => root,
  path: "/system",
  validateSearch: viewIn,
  component: lazyRouteComponent(() => import("@/system/SystemPage"), "SystemPage"),
})

export const router = createRouter({
  routeTree: root.addChildren([tasks, task, inbox, documents, system]),
  defaultPreload: "intent",
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
