import { useQuery } from "urql"
import { graphql } from "@/api/graphql"
import { Badge, type Tone } from "@/ui/Badge"
import { Button } from "@/ui/Button"
import { Loaded } from "@/ui/Notice"
import { Section } from "./Section"

const DoctorQuery = graphql(`query Doctor { doctor { name state detail advice } }`)

const STATES: Record<string, { tone: Tone; words: string }> = {
  OK: { tone: "ok", words: "fine" },
  WARNING: { tone: "warn", words: "look at it" },
  FAILED: { tone: "danger", words: "broken" },
}

/** Whether everything an agent needs is there, and what to do where it is not. */
export function Doctor() {
  const [state, check] = useQuery({ query: DoctorQuery, requestPolicy: "network-only" })
  return (
    <Section title="Check-up">
      <Loaded state={state} what="the check-up" onRetry={check}>
        {({ doctor }) => (
          <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
            {doctor.map(({ name, state: health, detail, advice }) => (
              <li key={`${name} ${detail}`} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2.5">
                <span className="font-medium">{name}</span>
                <Badge tone={STATES[health]?.tone}>{STATES[health]?.words ?? health}</Badge>
                <span className="w-full break-words text-muted">{detail}</span>
                {advice && <p className="w-full break-words">{advice}</p>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Button className="mt-3" disabled={state.fetching} onClick={() => check({ requestPolicy: "network-only" })}>
        {state.fetching ? "Checking…" : "Check again"}
      </Button>
    </Section>
  )
}
