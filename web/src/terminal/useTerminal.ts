import { useEffect, useRef, useState, type RefObject } from "react"
import { terminalText } from "@/ui/preferences"
import { ScreenSize } from "./screenSize"
import { leaveKeys } from "./terminalKeys"
import { TerminalSocket, type SizedBy, type TerminalNote } from "./terminalSocket"
import { onSystemTheme, systemTheme } from "./theme"
import { createTerminal, drawWithWebgl, type TerminalParts } from "./xterm"

export type TerminalState = {
  link: "connecting" | "open" | "lost"
  ended: boolean
  /** Somebody else's window: this one shows their columns and rows. */
  sizedBy: SizedBy
  size?: { cols: number; rows: number }
  problem?: string
  truncated?: number
}

const RESIZE_MS = 150

type Wired = TerminalParts & { socket: TerminalSocket; screen: ScreenSize }

export function useTerminal(taskId: string, host: RefObject<HTMLDivElement | null>) {
  const [state, setState] = useState<TerminalState>({ link: "connecting", ended: false, sizedBy: "nobody" })
  const wired = useRef<Wired>(undefined)

  useEffect(() => {
    if (!host.current) return
    const element = host.current
    const parts = createTerminal(element)
    const { terminal } = parts
    const screen = new ScreenSize(element, parts, (cols, rows) => {
      socket.resize(cols, rows)
      setState((was) => ({ ...was, sizedBy: "you", size: { cols, rows } }))
    })
    const onNote = (note: TerminalNote) => {
      setState((was) => afterNote(was, note))
      if (note.type === "start" && note.offset === 0) terminal.reset()
      if (note.type === "start" || note.type === "size") screen.told(note)
    }
    const socket = new TerminalSocket(taskId, {
      onNote,
      onBytes: (bytes) => terminal.write(bytes),
      onLink: (open) => setState((was) => ({ ...was, link: open ? "open" : "lost" })),
    })
    wired.current = { ...parts, socket, screen }
    leaveKeys(terminal)
    void drawWithWebgl(terminal)
    const subscriptions = [
      terminal.onData((text) => socket.input(text)),
      terminal.onBinary((text) => socket.inputBinary(text)),
    ]
    const followText = terminalText.subscribe(() => (terminal.options.screenReaderMode = terminalText.get() === "on"))
    const followTheme = onSystemTheme(() => (terminal.options.theme = systemTheme()))
    const followSize = onResize(element, () => screen.fit())
    return () => {
      followSize()
      followTheme()
      followText()
      for (const subscription of subscriptions) subscription.dispose()
      socket.close()
      terminal.dispose()
    }
  }, [taskId, host])

  return { state, wired }
}

/** The state after a note from the server. Pure. */
export function afterNote(state: TerminalState, note: TerminalNote): TerminalState {
  switch (note.type) {
    case "start":
      return { link: state.link, ended: false, sizedBy: note.sizedBy ?? "nobody", size: { cols: note.cols, rows: note.rows } }
    case "size":
      return { ...state, sizedBy: note.sizedBy, size: { cols: note.cols, rows: note.rows } }
    case "end":
      return { ...state, ended: true }
    case "truncated":
      return { ...state, truncated: note.to - note.from }
    case "error":
      return { ...state, problem: note.message }
  }
}

function onResize(element: HTMLElement, resized: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const observer = new ResizeObserver(() => {
    clearTimeout(timer)
    timer = setTimeout(resized, RESIZE_MS)
  })
  observer.observe(element)
  return () => {
    clearTimeout(timer)
    observer.disconnect()
  }
}
