import type { ITheme } from "@xterm/xterm"

const DARK: ITheme = {
  background: "#0b0d10",
  foreground: "#e4e7ec",
  cursor: "#93b4ff",
  selectionBackground: "#35507f",
}

const LIGHT: ITheme = {
  background: "#ffffff",
  foreground: "#161a21",
  cursor: "#1f4fc4",
  selectionBackground: "#b9ccf7",
  black: "#161a21",
  red: "#a81f18",
  green: "#0d6234",
  yellow: "#7a4700",
  blue: "#1f4fc4",
  magenta: "#8a1a6f",
  cyan: "#0b6070",
  white: "#5b6472",
  brightBlack: "#4b5563",
  brightRed: "#b3261e",
  brightGreen: "#0f6f3b",
  brightYellow: "#855000",
  brightBlue: "#2558d4",
  brightMagenta: "#9b2480",
  brightCyan: "#0d6b7c",
  brightWhite: "#161a21",
}

const query = matchMedia("(prefers-color-scheme: dark)")

export const systemTheme = (): ITheme => (query.matches ? DARK : LIGHT)

export function onSystemTheme(listener: () => void): () => void {
  query.addEventListener("change", listener)
  return () => query.removeEventListener("change", listener)
}
