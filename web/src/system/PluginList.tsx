import { useLiveQuery } from "@/api/useLiveQuery"
import { aboutPlugins, PluginsQuery } from "@/state/choices"
import { Badge } from "@/ui/Badge"
import { Loaded } from "@/ui/Notice"
import { Section } from "./Section"

/** Every plugin, what it offers, and what is wrong with it. */
export function PluginList() {
  const [state] = useLiveQuery(PluginsQuery, {}, aboutPlugins)
  return (
    <Section title="Plugins">
      <Loaded state={state} what="plugins">
        {({ plugins }) => (
          <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
            {plugins.map((plugin) => (
              <li key={plugin.name} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2.5 text-sm">
                <span className="font-medium">{plugin.name}</span>
                <span className="text-xs text-muted">{plugin.version}</span>
                <Health enabled={plugin.enabled} error={plugin.error} />
                <span className="w-full text-xs text-muted">{plugin.provides.join(" · ") || "offers nothing"}</span>
                {plugin.error && <p className="w-full text-danger">{plugin.error}</p>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  )
}

function Health({ enabled, error }: { enabled: boolean; error: string | null }) {
  if (!enabled) return <Badge tone="danger">off</Badge>
  return error ? <Badge tone="warn">partly unavailable</Badge> : <Badge tone="ok">healthy</Badge>
}
