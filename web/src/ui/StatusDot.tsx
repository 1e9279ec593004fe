import { classes } from "./classes"
import type { Tone } from "./Badge"

const COLOURS: Record<Tone, string> = {
  neutral: "bg-control",
  accent: "bg-accent",
  ok: "bg-ok",
  warn: "bg-warn",
  danger: "bg-danger",
}

/** A coloured dot beside a word that says the same; it pulses while something is going on. */
export function StatusDot({ tone, busy }: { tone: Tone; busy?: boolean }) {
  return <span aria-hidden className={classes("size-2 shrink-0 rounded-full", COLOURS[tone], busy && "animate-pulse")} />
}
