/** Keeps single-key shortcuts away from where people type, and from open dialogs; they can be switched off. */
import { singleKeys } from "./preferences"

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=dialog], [role=menu], .xterm"

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TYPING) !== null
}

type Handlers = Record<string, (event: KeyboardEvent) => void>

export function whileNotTyping(handlers: Handlers): Handlers {
  return Object.fromEntries(
    Object.entries(handlers).map(([keys, handle]) => [
      keys,
      (event: KeyboardEvent) => {
        if (singleKeys.get() === "off" || isTyping(event.target) || event.defaultPrevented) return
        if (document.querySelector("[role=dialog]")) return
        event.preventDefault()
        handle(event)
      },
    ]),
  )
}
