import { useEffect, useRef, type RefObject } from "react"

/** A bar of links that may be wider than the window: the current one is scrolled into it. */
export function useCurrentInView(current: string): RefObject<HTMLElement | null> {
  const bar = useRef<HTMLElement>(null)
  useEffect(() => {
    bar.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest", block: "nearest" })
  }, [current])
  return bar
}
