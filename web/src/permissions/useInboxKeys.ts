import { useNavigate } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import { tinykeys } from "tinykeys"
import { allowance, useRespond, type Scope } from "@/state/decisions"
import type { Permission } from "@/state/pendingPermissions"
import { whileNotTyping } from "@/ui/keyboard"

/** The request that keys act on: the one gone to, or the first. Pure. */
export function currentOf(requests: readonly Pick<Permission, "id">[], wanted: string | undefined): string | undefined {
  return requests.some(({ id }) => id === wanted) ? wanted : requests[0]?.id
}

export function neighbour(requests: readonly Pick<Permission, "id">[], current: string | undefined, step: 1 | -1): string | undefined {
  const index = requests.findIndex(({ id }) => id === current)
  return requests[Math.min(Math.max(index + step, 0), requests.length - 1)]?.id
}

/** Keyboard and selection of the inbox. */
export function useInboxKeys(requests: readonly Permission[]) {
  const navigate = useNavigate()
  const { respond } = useRespond()
  const [wanted, setWanted] = useState<string>()
  const [denying, deny] = useState<string>()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const current = currentOf(requests, wanted)
  const waiting = new Set(requests.map(({ id }) => id))
  const selected = new Set([...chosen].filter((id) => waiting.has(id)))

  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  const go = (step: 1 | -1) => {
    const next = neighbour(requests, current, step)
    setWanted(next)
    document.querySelector<HTMLElement>(`[data-request="${next}"]`)?.focus()
  }
  const onCurrent = (act: (id: string) => void) => () => current && act(current)
  const open = (id: string) => {
    const taskId = requests.find((request) => request.id === id)?.task.id
    if (taskId) void navigate({ to: "/tasks/$taskId", params: { taskId } })
  }
  const allow = (id: string, scope?: Scope) => {
    const request = requests.find((each) => each.id === id)
    if (!request) return
    if (request.questions.length > 0) document.querySelector<HTMLElement>(`[data-request="${id}"] fieldset input`)?.focus()
    else void respond({ ...allowance(request), scope })
  }

  const handlers = {
    j: () => go(1),
    k: () => go(-1),
    a: onCurrent((id) => allow(id)),
    s: onCurrent((id) => allow(id, "SESSION")),
    d: onCurrent(deny),
    x: onCurrent(toggle),
    o: onCurrent(open),
  }
  // Keys are bound once; they act on what is on the page when they are pressed.
  const latest = useRef(handlers)
  useEffect(() => void (latest.current = handlers))
  useEffect(() => {
    const call = (key: keyof typeof handlers) => () => void latest.current[key]()
    return tinykeys(window, whileNotTyping({ j: call("j"), k: call("k"), a: call("a"), s: call("s"), d: call("d"), x: call("x"), o: call("o") }))
  }, [])

  return { current, denying, deny, selected, toggle, selectAll: () => setChosen(waiting), clear: () => setChosen(new Set()) }
}
