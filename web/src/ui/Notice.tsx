import type { ReactNode } from "react"
import type { CombinedError } from "urql"
import { problemOf } from "@/api/errors"
import { Button } from "./Button"

/** What stands where content would be: nothing yet, nothing at all, or something went wrong. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-14 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="text-sm text-muted">{children}</div>}
    </div>
  )
}

export function Loading({ what }: { what: string }) {
  return (
    <p role="status" className="px-4 py-10 text-center text-sm text-muted">
      Loading {what}…
    </p>
  )
}

export function Failure({ error, onRetry }: { error: CombinedError; onRetry?: () => void }) {
  const problem = problemOf(error)
  return (
    <div role="alert" className="m-4 rounded-lg border border-danger bg-danger-soft px-4 py-3 text-sm">
      <p className="font-medium text-danger">{problem.message}</p>
      <p className="mt-1 text-xs">
        {problem.code}
        {problem.id && `, log id ${problem.id}`}
      </p>
      {onRetry && (
        <Button size="small" className="mt-3" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}

type QueryState<T> = { data?: T; error?: CombinedError; fetching: boolean; stale: boolean }

type LoadedProps<T> = { state: QueryState<T>; what: string; onRetry?: () => void; children: (data: T) => ReactNode }

/** Shows data as soon as there is any; an error beside old data does not take it away. */
export function Loaded<T>({ state, what, onRetry, children }: LoadedProps<T>) {
  if (state.data) {
    return (
      <>
        {state.error && <Failure error={state.error} onRetry={onRetry} />}
        {children(state.data)}
      </>
    )
  }
  if (state.error) return <Failure error={state.error} onRetry={onRetry} />
  return <Loading what={what} />
}
