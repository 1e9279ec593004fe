import { useEffect, useRef, useState, type RefObject } from "react"
import { terminalText } from "@/app/preferences"
import { createTerminal, drawWithWebgl, type TerminalParts } from "./createTerminal"
import { leaveKeys } from "./terminalKeys"
import { TerminalSocket, type TerminalNote } from "./terminalSocket"
import { onSystemTheme, systemTheme } from "./theme"

export type TerminalState = { link: "connecting" | "open" | "lost"; ended: boolean; problem?: string; truncated?: number }

const RESIZE_MS = 150
/** Below this a person reads and types, but the agent's screen keeps its size. */
const PHONE_PX = 640

type Wired = TerminalParts & { socket: TerminalSocket }

export function useTerminal(taskId: string, host: RefObject<HTMLDivElement | null>) {
  const [state, setState] = useState<TerminalState>({ link: "connecting", ended: false })
  const wired = useRef<Wired>(undefined)

  useEffect(() => {
    if (!host.current) return
    const element = host.current
    const parts = createTerminal(element)
    const { terminal } = parts
    const onNote = (note: TerminalNote) => {
      setState((was) => afterNote(was, note))
      if (note.type === "start") onStart(parts, note, () => fitTo(element, parts, socket))
    }
    const socket = new TerminalSocket(taskId, {
      onNote,
      onBytes: (bytes) => terminal.write(bytes),
      onLink: (open) => setState((was) => ({ ...was, link: open ? "open" : "lost" })),
    })
    wired.current = { ...parts, socket }
    leaveKeys(terminal)
    void drawWithWebgl(terminal)
    const subscriptions = [
      terminal.onData((text) => socket.input(text)),
      terminal.onBinary((text) => socket.inputBinary(text)),
    ]
    const followText = terminalText.subscribe(() => (terminal.options.screenReaderMode = terminalText.get() === "on"))
    const followTheme = onSystemTheme(() => (terminal.options.theme = systemTheme()))
    const followSize = onResize(element, () => fitTo(element, parts, socket))
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
      return { link: state.link, ended: false }
    case "end":
      return { ...state, ended: true }
    case "truncated":
      return { ...state, truncated: note.to - note.from }
    case "error":
      return { ...state, problem: note.message }
  }
}

type Start = Extract<TerminalNote, { type: "start" }>

function onStart({ terminal }: TerminalParts, { offset, cols, rows }: Start, fit: () => void): void {
  if (offset === 0) terminal.reset()
  if (cols > 0 && rows > 0) terminal.resize(cols, rows)
  fit()
}

function fitTo(element: HTMLElement, { terminal, fit }: TerminalParts, socket: TerminalSocket): void {
  if (element.clientWidth < PHONE_PX) return
  const size = fit.proposeDimensions()
  if (!size || !(size.cols > 1 && size.rows > 1)) return
  terminal.resize(size.cols, size.rows)
  socket.resize(size.cols, size.rows)
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
