import { useLayoutEffect, useMemo, useRef, useState } from "react"
import { Button } from "@/ui/Button"
import { Checkbox } from "@/ui/Field"
import { Empty, Failure, Loading } from "@/ui/Notice"
import { timelineOf } from "./items"
import { TimelineItem } from "./TimelineItem"
import { useTaskEvents } from "./useTaskEvents"

/** Shown at first, and more on demand: a long history must not slow the present down. */
const FIRST_SHOWN = 200

/** The conversation and everything that happened around it, oldest first, following the end. */
export default function Timeline({ taskId, worktree }: { taskId: string; worktree: string | null }) {
  const { events, loaded, failure: error } = useTaskEvents(taskId)
  const [withStatus, setWithStatus] = useState(false)
  const [limit, setLimit] = useState(FIRST_SHOWN)
  const items = useMemo(
    () => timelineOf(events).filter((item) => withStatus || item.type !== "status"),
    [events, withStatus],
  )
  const shown = items.slice(-limit)
  const end = useFollowedEnd(events)
  return (
    <section aria-label="Timeline" className="mx-auto flex max-w-3xl flex-col gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-2 text-muted">
        <Checkbox label="Show status changes" checked={withStatus} onChange={(event) => setWithStatus(event.target.checked)} />
        {items.length > limit && (
          <Button size="small" onClick={() => setLimit(limit * 4)}>
            Show {items.length - limit} earlier
          </Button>
        )}
      </div>
      {error && <Failure error={error} />}
      {!loaded && !error && <Loading what="the timeline" />}
      {loaded && items.length === 0 && <Empty title="Nothing has happened yet">Start the task to see its agent at work.</Empty>}
      <ol className="flex flex-col gap-2">
        {shown.map((item) => (
          <li key={item.key} className="min-w-0">
            <TimelineItem taskId={taskId} worktree={worktree} item={item} />
          </li>
        ))}
      </ol>
      <div ref={end} />
    </section>
  )
}

const NEAR_PX = 120

/** Keeps the newest item in view as long as the person has not scrolled up. */
function useFollowedEnd(content: unknown) {
  const end = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  useLayoutEffect(() => {
    const scroller = end.current?.closest("[data-scroller]")
    if (!scroller) return
    const onScroll = () => {
      following.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX
    }
    scroller.addEventListener("scroll", onScroll, { passive: true })
    return () => scroller.removeEventListener("scroll", onScroll)
  }, [])
  useLayoutEffect(() => {
    if (following.current) end.current?.scrollIntoView({ block: "end" })
  }, [content])
  return end
}
