import { useQuery } from "urql"
import { graphql, type ResultOf } from "@/api/graphql"
import { Loaded } from "@/ui/Notice"
import { Section } from "./Section"

const SettingsQuery = graphql(`query Settings { settings { name value source } }`)

type Setting = ResultOf<typeof SettingsQuery>["settings"][number]

/** What the server was configured with, and where that was said. It is changed there, not here. */
export function SettingList() {
  const [state] = useQuery({ query: SettingsQuery })
  return (
    <Section title="Settings">
      <p className="mb-3 text-sm text-muted">
        Read-only: a setting is changed in the file or the environment that sets it, and holds from the next start of the server.
      </p>
      <Loaded state={state} what="settings">
        {({ settings }) => (
          <dl className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
            {settings.map((setting) => (
              <SettingLine key={setting.name} setting={setting} />
            ))}
          </dl>
        )}
      </Loaded>
    </Section>
  )
}

function SettingLine({ setting: { name, value, source } }: { setting: Setting }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2">
      <dt className="w-full font-mono text-xs break-all sm:w-72">{name}</dt>
      <dd className="min-w-0 flex-1 font-mono text-xs break-all">{valueText(value)}</dd>
      <dd className={source.startsWith("default") ? "text-xs text-muted" : "text-xs break-all text-accent"}>{source}</dd>
    </div>
  )
}

/** As it would stand in the file; what is not set is said to be. */
function valueText(value: unknown): string {
  return value === null || value === "" ? "(not set)" : JSON.stringify(value)
}
