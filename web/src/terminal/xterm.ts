import { FitAddon } from "@xterm/addon-fit"
import { SearchAddon } from "@xterm/addon-search"
import { WebLinksAddon } from "@xterm/addon-web-links"
import { Terminal } from "@xterm/xterm"
import { terminalText } from "@/ui/preferences"
import { muteReplies } from "./queryReplies"
import { systemTheme } from "./theme"

const FONT = 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace'
const SCROLLBACK_LINES = 10_000

export type TerminalParts = { terminal: Terminal; fit: FitAddon; search: SearchAddon }

/** An xterm.js terminal as Chorus uses it: a viewer that never answers for the person. */
export function createTerminal(host: HTMLElement): TerminalParts {
  const terminal = new Terminal({
    fontFamily: FONT,
    fontSize: 13,
    scrollback: SCROLLBACK_LINES,
    theme: systemTheme(),
    minimumContrastRatio: 4.5,
    screenReaderMode: terminalText.get() === "on",
    allowProposedApi: true,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  })
  const fit = new FitAddon()
  const search = new SearchAddon()
  terminal.loadAddon(fit)
  terminal.loadAddon(search)
  terminal.loadAddon(new WebLinksAddon())
  muteReplies(terminal)
  terminal.open(host)
  return { terminal, fit, search }
}

/** Draws with WebGL where there is a context to be had; the DOM renderer does otherwise. */
export async function drawWithWebgl(terminal: Terminal): Promise<void> {
  try {
    const { WebglAddon } = await import("@xterm/addon-webgl")
    const webgl = new WebglAddon()
    // Browsers keep about 16 contexts per page and take away the oldest: the terminal must not go blank.
    webgl.onContextLoss(() => webgl.dispose())
    terminal.loadAddon(webgl)
  } catch {
    // No WebGL here.
  }
}
