/** Runs `work` at once, and at most once more per `ms` while calls keep coming; the last call is never lost. */
export function coalesce(work: () => void, ms: number): (() => void) & { cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false

  function run() {
    again = false
    timer = setTimeout(() => {
      timer = undefined
      if (again) run()
    }, ms)
    work()
  }

  const call = () => {
    if (timer === undefined) run()
    else again = true
  }
  return Object.assign(call, {
    cancel: () => {
      clearTimeout(timer)
      timer = undefined
      again = false
    },
  })
}
