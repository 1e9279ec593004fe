import { useNavigate } from "@tanstack/react-router"
import { useEffect } from "react"
import { tinykeys } from "tinykeys"
import { allowance, useRespond } from "@/state/decisions"
import { pendingPermissions } from "@/state/pendingPermissions"
import { whileNotTyping } from "@/ui/keyboard"
import { VIEWS } from "./views"

/** Keys on a task's page: its views by number, the message box, its oldest permission request. */
export function useTaskKeys(taskId: string): void {
  const navigate = useNavigate()
  const { respond } = useRespond()
  useEffect(() => {
    const views = VIEWS.map(({ name }, index) => [
      String(index + 1),
      () => void navigate({ to: "/tasks/$taskId", params: { taskId }, search: { view: name }, replace: true }),
    ])
    const allow = () => {
      const first = pendingPermissions.get().requests.find((request) => request.task.id === taskId)
      if (first?.questions.length === 0) void respond(allowance(first))
    }
    const write = () => document.getElementById("message")?.focus()
    return tinykeys(window, whileNotTyping({ ...Object.fromEntries(views), a: allow, m: write }))
  }, [navigate, respond, taskId])
}
