import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine"
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter"
import { attachClosestEdge, extractClosestEdge, type Edge } from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge"
import { useEffect, useRef, useState, type RefObject } from "react"

type Data = Record<string | symbol, unknown>

/** What is carried while something is dragged: things of one kind know each other. */
export class Carried {
  readonly #mark = Symbol("carried")

  data = (id: string): Data => ({ [this.#mark]: id })

  /** The id of what is dragged, if it is of this kind. */
  idOf = (data: Data): string | undefined => {
    const id = data[this.#mark]
    return typeof id === "string" ? id : undefined
  }
}

type Sortable = { id: string; carried: Carried; active: boolean; onDropBeside: (id: string, other: string, after: boolean) => void }

/** An element that can be dragged before or after its like; `edge` is where another one would come to lie. */
export function useSortable<T extends HTMLElement>(element: RefObject<T | null>, { id, carried, active, onDropBeside }: Sortable): Edge | null {
  const [edge, setEdge] = useState<Edge | null>(null)
  const latest = useRef(onDropBeside)
  useEffect(() => void (latest.current = onDropBeside))
  useEffect(() => {
    if (!element.current || !active) return
    return combine(
      draggable({ element: element.current, getInitialData: () => carried.data(id) }),
      dropTargetForElements({
        element: element.current,
        canDrop: ({ source }) => ![undefined, id].includes(carried.idOf(source.data)),
        getData: ({ input, element: over }) => attachClosestEdge({}, { element: over, input, allowedEdges: ["top", "bottom"] }),
        onDrag: ({ self }) => setEdge(extractClosestEdge(self.data)),
        onDragLeave: () => setEdge(null),
        onDrop: ({ self, source }) => {
          setEdge(null)
          const dropped = carried.idOf(source.data)
          if (dropped) latest.current(dropped, id, extractClosestEdge(self.data) === "bottom")
        },
      }),
    )
  }, [element, id, carried, active])
  return edge
}

/** Where something would come to lie, as a line above or below. */
export const EDGE_LINE: Record<string, string> = {
  top: "shadow-[0_-3px_0_var(--accent)]",
  bottom: "shadow-[0_3px_0_var(--accent)]",
}

/** A list of ids with one of them moved before or after another. Pure. */
export function movedBeside(ids: readonly string[], id: string, other: string, after: boolean): string[] {
  const others = ids.filter((each) => each !== id)
  const at = others.indexOf(other)
  return at < 0 ? [...ids] : others.toSpliced(after ? at + 1 : at, 0, id)
}

/** The same with one moved up (-1) or down (1). Pure. */
export function movedBy(ids: readonly string[], id: string, step: 1 | -1): string[] {
  const at = ids.indexOf(id)
  const to = at + step
  return at < 0 || to < 0 || to >= ids.length ? [...ids] : ids.toSpliced(at, 1).toSpliced(to, 0, id)
}
