/**
 * Keeps xterm.js from answering queries in the output.
 *
 * tmux has answered them already; an answer from a viewer would be typed into the agent, once per
 * viewer and again at every replay. Sequences: ECMA-48 and xterm's ctlseqs.
 */
import type { IDisposable, Terminal } from "@xterm/xterm"

const handled = () => true

const CSI_QUERIES = [
  { final: "c" }, // DA1: what terminal are you?
  { prefix: ">", final: "c" }, // DA2
  { prefix: "=", final: "c" }, // DA3
  { final: "n" }, // DSR: where is the cursor?
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" }, // DECRQM: is this mode set?
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" }, // XTVERSION
  { prefix: "?", final: "u" }, // Kitty keyboard: which flags?
  { final: "t" }, // window reports
]

const COLOUR_OSC = [4, 5, 10, 11, 12, 13, 14, 17, 19]
const CLIPBOARD_OSC = 52
/** DECSET 1004: the program asks to be told when the viewer's window gains or loses focus. */
const FOCUS_MODE = 1004

export function muteReplies(terminal: Terminal): IDisposable[] {
  const { parser } = terminal
  return [
    ...CSI_QUERIES.map((id) => parser.registerCsiHandler(id, handled)),
    parser.registerDcsHandler({ intermediates: "$", final: "q" }, handled), // DECRQSS
    parser.registerDcsHandler({ intermediates: "+", final: "q" }, handled), // XTGETTCAP
    // A colour is set with a value and asked for with "?": only the question is dropped.
    ...COLOUR_OSC.map((id) => parser.registerOscHandler(id, (data) => data.includes("?"))),
    // Programs neither read nor write the clipboard of the person who looks at them.
    parser.registerOscHandler(CLIPBOARD_OSC, handled),
    parser.registerCsiHandler({ prefix: "?", final: "h" }, (parameters) => onlyFocusMode(parameters)),
  ]
}

function onlyFocusMode(parameters: (number | number[])[]): boolean {
  return parameters.length === 1 && parameters[0] === FOCUS_MODE
}
