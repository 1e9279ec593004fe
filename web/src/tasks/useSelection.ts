import { useMemo, useState } from "react"
import type { TaskCard } from "@/state/taskCard"

export type Selection = {
  ids: ReadonlySet<string>
  /** The selected tasks that are shown. */
  chosen: readonly TaskCard[]
  toggle: (id: string) => void
  clear: () => void
}

export function useSelection(shown: readonly TaskCard[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const chosen = useMemo(() => shown.filter(({ id }) => ids.has(id)), [shown, ids])
  return {
    ids,
    chosen,
    toggle: (id) =>
      setIds((was) => {
        const next = new Set(was)
        if (!next.delete(id)) next.add(id)
        return next
      }),
    clear: () => setIds(new Set()),
  }
}
