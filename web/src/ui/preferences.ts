/** Small choices of the person at this browser. */
import { Store } from "@/api/store"

function remembered(key: string, initial: string): Store<string> {
  let start = initial
  try {
    start = localStorage.getItem(key) ?? initial
  } catch {
    // Without storage a choice lives as long as the page.
  }
  const store = new Store(start)
  store.subscribe(() => {
    try {
      localStorage.setItem(key, store.get())
    } catch {
      // As above.
    }
  })
  return store
}

export const singleKeys = remembered("chorus.single-keys", "on")
export const desktopNotifications = remembered("chorus.notifications", "off")
/** The terminal as text that screen readers can read, at some cost of speed. */
export const terminalText = remembered("chorus.terminal-text", "off")
export const taskLayout = remembered("chorus.task-layout", "board")
