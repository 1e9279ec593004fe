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

/** What becomes of a request that nobody answers in time. */
export function outcomeWords(onTimeout: Profile["onTimeout"] | undefined): string {
  if (onTimeout === "ALLOW") return "allowed"
  return onTimeout === "DENY" ? "denied" : "given up"
}
