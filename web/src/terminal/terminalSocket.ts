/**
 * The terminal's WebSocket: bytes in, bytes out, resumed at the last offset seen.
 *
 * Binary frames are terminal bytes that continue at the previous offset; text frames are JSON notes.
 * The server begins with `start`, and sends it again with offset 0 when a new run begins.
 */
import { backoffMs, pause } from "@/api/backoff"
import { signedOut } from "@/api/connection"
import { socketUrl } from "@/api/http"

/** Who set the terminal's size, which is one for all who look at it. */
export type SizedBy = "you" | "other" | "nobody"

export type TerminalNote =
  | { type: "start"; runId: string; offset: number; cols: number; rows: number; sizedBy?: SizedBy }
  | { type: "size"; cols: number; rows: number; sizedBy: SizedBy }
  | { type: "truncated"; from: number; to: number }
  | { type: "end" }
  | { type: "error"; code: string; message: string }

export type TerminalHandlers = {
  onNote: (note: TerminalNote) => void
  onBytes: (bytes: Uint8Array) => void
  onLink: (open: boolean) => void
}

const SIGNED_OUT_CODES = new Set([4401, 4403])
/** The server's close code for a task that does not exist: trying again is of no use. */
const NO_SUCH_TASK = 4404
/** The server takes at most 64 KiB in one frame; a larger paste goes in several. */
const FRAME_BYTES = 32 * 1024

export class TerminalSocket {
  #offset = 0
  #runId: string | undefined
  #attempt = 0
  #closed = false
  #socket: WebSocket | undefined
  #encoder = new TextEncoder()

  constructor(
    readonly taskId: string,
    readonly handlers: TerminalHandlers,
  ) {
    this.#connect()
  }

  input(text: string): void {
    const bytes = this.#encoder.encode(text)
    for (let start = 0; start < bytes.length; start += FRAME_BYTES) this.#send(bytes.slice(start, start + FRAME_BYTES))
  }

  /** Bytes that xterm hands over as a binary string (mouse reports of old protocols). */
  inputBinary(text: string): void {
    this.#send(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  }

  resize(cols: number, rows: number): void {
    this.#send(JSON.stringify({ type: "resize", cols, rows }))
  }

  close(): void {
    this.#closed = true
    this.#socket?.close()
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data)
  }

  #connect(): void {
    const socket = new WebSocket(socketUrl(`/terminal/${encodeURIComponent(this.taskId)}?after=${this.#offset}`))
    socket.binaryType = "arraybuffer"
    socket.onopen = () => {
      this.#attempt = 0
      this.handlers.onLink(true)
    }
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") this.#note(JSON.parse(data) as TerminalNote)
      else this.#bytes(new Uint8Array(data))
    }
    socket.onclose = ({ code }) => void this.#lost(code)
    this.#socket = socket
  }

  #note(note: TerminalNote): void {
    if (note.type === "start" && this.#begins(note)) return
    if (note.type === "truncated") this.#offset = note.to
    this.handlers.onNote(note)
  }

  /** Whether the run on the screen is over and its successor has to be asked for from its first byte. */
  #begins({ runId, offset }: Extract<TerminalNote, { type: "start" }>): boolean {
    const other = this.#runId !== undefined && runId !== this.#runId
    this.#runId = runId
    this.#offset = other ? 0 : offset
    if (!other || offset === 0) return false
    this.#socket?.close()
    return true
  }

  #bytes(bytes: Uint8Array): void {
    this.#offset += bytes.length
    this.handlers.onBytes(bytes)
  }

  async #lost(code: number): Promise<void> {
    if (this.#closed) return
    this.handlers.onLink(false)
    if (SIGNED_OUT_CODES.has(code)) return signedOut()
    if (code === NO_SUCH_TASK) return
    await pause(backoffMs(this.#attempt++))
    if (!this.#closed) this.#connect()
  }
}
