import { useSyncExternalStore } from "react"
import { fullText, sinceText } from "./time"

const TICK_MS = 5_000
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for the page, stopped when nothing shows a time. */
function followClock(listener: () => void): () => void {
  listeners.add(listener)
  now = Date.now()
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

export function useNow(): number {
  return useSyncExternalStore(followClock, () => now)
}

/** How long ago, kept up to date; the exact time is its tooltip. */
export function ElapsedTime({ at, suffix = "" }: { at: string; suffix?: string }) {
  const current = useNow()
  return (
    <time dateTime={at} title={fullText(at)} className="whitespace-nowrap tabular-nums">
      {sinceText(at, Math.max(current, Date.parse(at)))}
      {suffix}
    </time>
  )
}
