/**
 * The size of the terminal as this window shows it.
 *
 * There is one size for all who look at a terminal. The first window wide enough to be worked in sets
 * it; another one shows the same columns and rows, scrolled where they do not fit, until a person takes
 * the size over for it.
 */
import type { SizedBy } from "./terminalSocket"
import type { TerminalParts } from "./xterm"

/** Below this a person reads and types, but the agent's screen keeps its size. */
const PHONE_PX = 640

type Parts = Pick<TerminalParts, "fit"> & { terminal: Pick<TerminalParts["terminal"], "resize"> }

export class ScreenSize {
  #sizedBy: SizedBy = "nobody"

  constructor(
    readonly element: Pick<HTMLElement, "clientWidth">,
    readonly parts: Parts,
    /** Tells the server (and the page) that this window has set the size. */
    readonly claim: (cols: number, rows: number) => void,
  ) {}

  /** The server says how large the terminal is, and who made it so. */
  told({ cols, rows, sizedBy = "nobody" }: { cols: number; rows: number; sizedBy?: SizedBy }): void {
    this.#sizedBy = sizedBy
    if (cols > 0 && rows > 0) this.parts.terminal.resize(cols, rows)
    this.fit()
  }

  /** Makes the terminal as large as its window, unless that is another window's or this one is small. */
  fit(): void {
    if (this.#sizedBy !== "other" && (this.#sizedBy === "you" || this.element.clientWidth >= PHONE_PX)) this.take()
  }

  /** The same, whoever set the size before. */
  take(): void {
    const size = this.parts.fit.proposeDimensions()
    if (!size || !(size.cols > 1 && size.rows > 1)) return
    this.#sizedBy = "you"
    this.parts.terminal.resize(size.cols, size.rows)
    this.claim(size.cols, size.rows)
  }
}
