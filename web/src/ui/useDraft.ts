import { useState } from "react"

function stored(key: string): string {
  try {
    return localStorage.getItem(key) ?? ""
  } catch {
    return ""
  }
}

function store(key: string, text: string): void {
  try {
    if (text) localStorage.setItem(key, text)
    else localStorage.removeItem(key)
  } catch {
    // Without storage a draft lives as long as what shows it.
  }
}

/** A text that is being written: it survives a reload, and goes away when it is emptied. */
export function useDraft(key: string): [text: string, write: (text: string) => void] {
  const [text, setText] = useState(() => stored(key))
  return [
    text,
    (next) => {
      setText(next)
      store(key, next)
    },
  ]
}
