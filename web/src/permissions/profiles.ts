/** The permission profiles of this server. They come from its configuration: they change when it is restarted. */
import { useQuery } from "urql"
import { graphql, type ResultOf } from "@/api/graphql"

const ProfilesQuery = graphql(`
  query PermissionProfiles { permissionProfiles { name mode allow deny builtIn timeoutSeconds onTimeout } }
`)

export type Profile = ResultOf<typeof ProfilesQuery>["permissionProfiles"][number]

export function useProfiles() {
  const [state] = useQuery({ query: ProfilesQuery, requestPolicy: "cache-first" })
  return { state, profiles: state.data?.permissionProfiles ?? [] }
}

type Timed = Pick<Profile, "timeoutSeconds" | "onTimeout">

/** When a request answers itself, in milliseconds since the epoch, and how; undefined when it waits for ever. Pure. */
export function deadlineOf(createdAt: string, profile: Timed | undefined): { at: number; outcome: string } | undefined {
  if (!profile?.timeoutSeconds || profile.onTimeout === "WAIT") return undefined
  const outcome = profile.onTimeout === "ALLOW" ? "allowed" : "denied"
  return { at: Date.parse(createdAt) + profile.timeoutSeconds * 1_000, outcome }
}
