import { useMemo, useSyncExternalStore } from "react"

export function useMediaQuery(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query])
  return useSyncExternalStore(
    (changed) => {
      list.addEventListener("change", changed)
      return () => list.removeEventListener("change", changed)
    },
    () => list.matches,
  )
}
