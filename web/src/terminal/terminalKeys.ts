import type { Terminal } from "@xterm/xterm"

/** Keys that are the page's, not the agent's. */
export function leaveKeys(terminal: Terminal): void {
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true
    switch (event.code) {
      case "KeyC":
        event.preventDefault()
        void navigator.clipboard.writeText(terminal.getSelection())
        return false
      case "KeyE": // the way out for people without a mouse: Tab belongs to the agent
        event.preventDefault()
        terminal.blur()
        document.querySelector<HTMLElement>("[data-terminal-exit]")?.focus()
        return false
      case "KeyF":
        event.preventDefault()
        document.querySelector<HTMLElement>("[data-terminal-search]")?.focus()
        return false
      default:
        return true
    }
  })
}
