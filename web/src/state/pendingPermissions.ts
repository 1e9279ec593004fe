/** The open permission requests of all tasks, oldest first. */
import type { CombinedError } from "urql"
import { client } from "@/api/client"
import { coalesce } from "@/api/coalesce"
import { onEvent, onReconnect, onResync } from "@/api/feed"
import { graphql, type FragmentOf } from "@/api/graphql"
import { Store } from "@/api/store"

export const PermissionFragment = graphql(`
  fragment Permission on PermissionRequest {
    id toolName toolKind toolInput plan change summary patterns planOptions agentRef state createdAt expiresAt decidedAt decidedBy message scope
    questions { text header several options { label description } }
    task { id title agent permissionProfile project { id name } }
  }
`)

export type Permission = FragmentOf<typeof PermissionFragment>

const PendingQuery = graphql(
  `query PendingPermissions { permissionRequests(state: PENDING) { ...Permission } }`,
  [PermissionFragment],
)

export type Pending = { requests: readonly Permission[]; loaded: boolean; error?: CombinedError }

export const pendingPermissions = new Store<Pending>({ requests: [], loaded: false })

const REREAD_MS = 100
let reading: Promise<void> = Promise.resolve()

async function read(): Promise<void> {
  const { data, error } = await client.query(PendingQuery, {}, { requestPolicy: "network-only" })
  if (!data) return pendingPermissions.update((was) => ({ ...was, error }))
  const requests = data.permissionRequests.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
  pendingPermissions.set({ requests, loaded: true })
}

export const readPending = coalesce(() => (reading = reading.then(read)), REREAD_MS)

const concerns = (kind: string) => kind.startsWith("permission.") || kind === "run.ended" || kind === "task.deleted"

export function startPendingPermissions(): void {
  readPending()
  onResync(readPending)
  onReconnect(() => pendingPermissions.get().error && readPending())
  onEvent((event) => concerns(event.kind) && readPending())
}
