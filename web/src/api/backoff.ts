/** Waiting between attempts to reach the server. */

const FIRST_MS = 250
const LONGEST_MS = 5_000

/** 250 ms, doubled at each attempt, at most 5 s, with ±20 % so that many tabs do not knock at once. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(FIRST_MS * 2 ** Math.max(0, attempt), LONGEST_MS)
  return Math.round(base * (0.8 + 0.4 * random()))
}

/** Resolves after `ms`, or at once when the machine wakes up, the network returns or the tab is looked at. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function onVisible() {
      if (document.visibilityState === "visible") done()
    }
    function done() {
      clearTimeout(timer)
      removeEventListener("online", done)
      document.removeEventListener("visibilitychange", onVisible)
      resolve()
    }
    addEventListener("online", done)
    document.addEventListener("visibilitychange", onVisible)
  })
}
