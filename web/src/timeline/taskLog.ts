import type { FeedEvent } from "@/api/feed"

/** A part of a task's log: `end` is where to go on reading, `failure` why there is nothing. */
export type LogPage<F> = { events: readonly FeedEvent[]; end: string | null; more: boolean; failure?: F }

export type LogState<F> = { events: readonly FeedEvent[]; loaded: boolean; failure?: F }

/** The whole log of a task, and what is added to it. Cursors are opaque, so doubles are found by name. */
export class TaskLog<F> {
  #seen = new Set<string>()
  #events: FeedEvent[] = []
  #after: string | null = null
  #reading = false
  #wanted = false
  #live: FeedEvent[] = []

  constructor(
    readonly taskId: string,
    readonly page: (after: string | null) => Promise<LogPage<F>>,
    readonly changed: (state: LogState<F>) => void,
  ) {}

  /**
   * Reads from the last page on; what the feed brings meanwhile is kept back so that the order holds. Asked
   * for again meanwhile it reads once more: the page under way may have been made before what was missed.
   */
  async read(): Promise<void> {
    this.#wanted = true
    if (this.#reading) return
    this.#reading = true
    try {
      while (this.#wanted) {
        this.#wanted = false
        while (await this.#next());
      }
    } finally {
      this.#reading = false
    }
    if (this.#live.length > 0) this.#take(this.#live.splice(0))
  }

  live(event: FeedEvent): void {
    if (event.taskId !== this.taskId) return
    if (this.#reading) this.#live.push(event)
    else this.#take([event])
  }

  /** Reads one page; whether there are more. */
  async #next(): Promise<boolean> {
    const { events, end, more, failure } = await this.page(this.#after)
    if (failure !== undefined) {
      this.changed({ events: [...this.#events], loaded: this.#events.length > 0, failure })
      return false
    }
    this.#after = end ?? this.#after
    this.#take(events)
    return more
  }

  #take(events: readonly FeedEvent[]): void {
    for (const event of events) {
      if (this.#seen.has(event.cursor)) continue
      this.#seen.add(event.cursor)
      this.#events.push(event)
    }
    this.changed({ events: [...this.#events], loaded: true })
  }
}
