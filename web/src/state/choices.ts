/** What can be chosen for a task on this server: new agents and backends appear without a new client. */
import { useQuery } from "urql"
import type { FeedEvent } from "@/api/feed"
import { graphql, type ResultOf } from "@/api/graphql"
import { useLiveQuery } from "@/api/useLiveQuery"

export const PluginsQuery = graphql(`query Plugins { plugins { name version provides enabled error } }`)

const ChoicesQuery = graphql(`
  query Options {
    options {
      agents sessionBackends vcsBackends pushingVcsBackends permissionProfiles
      defaultAgent defaultSessionBackend defaultPermissionProfile
    }
  }
`)

export type Choice = { name: string; unavailable?: string }
type Plugin = Pick<ResultOf<typeof PluginsQuery>["plugins"][number], "provides" | "error">

export const aboutPlugins = (event: FeedEvent): boolean => event.kind.startsWith("plugin.")

/** The names, each with the reason why it cannot work here. `provides` has lines like "VCS backend git". Pure. */
export function withReasons(kind: string, names: readonly string[], plugins: readonly Plugin[]): Choice[] {
  return names.map((name) => {
    const plugin = plugins.find(({ provides }) => provides.includes(`${kind} ${name}`))
    return plugin?.error ? { name, unavailable: plugin.error } : { name }
  })
}

export function useChoices() {
  const [{ data }] = useQuery({ query: ChoicesQuery })
  const [{ data: installed }] = useLiveQuery(PluginsQuery, {}, aboutPlugins)
  const plugins = installed?.plugins ?? []
  const choices = data?.options
  return {
    agents: withReasons("agent", choices?.agents ?? [], plugins),
    sessionBackends: withReasons("session backend", choices?.sessionBackends ?? [], plugins),
    vcsBackends: withReasons("VCS backend", choices?.vcsBackends ?? [], plugins),
    /** VCS backends that can push; undefined until it is known. */
    pushing: choices?.pushingVcsBackends,
    profiles: (choices?.permissionProfiles ?? []).map((name): Choice => ({ name })),
    defaults: {
      agent: choices?.defaultAgent,
      sessionBackend: choices?.defaultSessionBackend,
      profile: choices?.defaultPermissionProfile,
    },
  }
}
