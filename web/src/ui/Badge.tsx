import type { ReactNode } from "react"
import { classes } from "./classes"

export type Tone = "neutral" | "accent" | "ok" | "warn" | "danger"

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-muted",
  accent: "bg-accent-soft text-accent",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
}

export function Badge({ tone = "neutral", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={classes("inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-medium", TONES[tone])}
    >
      {children}
    </span>
  )
}
