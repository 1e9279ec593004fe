import { useProfiles, type Profile } from "@/state/profiles"
import { Badge } from "@/ui/Badge"
import { Loaded } from "@/ui/Notice"
import { duration } from "@/ui/time"
import { Section } from "./Section"

/** The permission profiles and what is in them; they are changed in the configuration. */
export function ProfileList() {
  const { state } = useProfiles()
  return (
    <Section title="Profiles">
      <p className="mb-3 text-sm text-muted">
        A profile says what its tasks' agents may do unasked. More of them: <code>[permissions.profiles.NAME]</code> in the configuration.
      </p>
      <Loaded state={state} what="profiles">
        {({ permissionProfiles }) => (
          <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
            {permissionProfiles.map((profile) => (
              <li key={profile.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
                <span className="font-medium">{profile.name}</span>
                <Badge>{profile.builtIn ? "built in" : "configured"}</Badge>
                <span className="text-xs text-muted">mode {profile.mode}</span>
                <span className="text-xs text-muted">{timeoutWords(profile)}</span>
                <Patterns label="Allowed" patterns={profile.allow} />
                <Patterns label="Denied" patterns={profile.deny} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  )
}

export function timeoutWords({ timeoutSeconds, onTimeout }: Pick<Profile, "timeoutSeconds" | "onTimeout">): string {
  if (!timeoutSeconds || onTimeout === "WAIT") return "requests wait until they are answered"
  return `unanswered requests are ${onTimeout === "ALLOW" ? "allowed" : "denied"} after ${duration(timeoutSeconds * 1_000)}`
}

function Patterns({ label, patterns }: { label: string; patterns: readonly string[] }) {
  if (patterns.length === 0) return null
  return (
    <p className="w-full text-xs">
      <span className="text-muted">{label}:</span>{" "}
      {patterns.map((pattern) => (
        <code key={pattern} className="mr-1.5 inline-block rounded bg-sunken px-1 py-0.5 break-all">
          {pattern}
        </code>
      ))}
    </p>
  )
}
