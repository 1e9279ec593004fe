import { useNavigate } from "@tanstack/react-router"
import { useEffect } from "react"
import { tinykeys } from "tinykeys"
import { openNewTask } from "@/tasks/newTask"
import { whileNotTyping } from "@/ui/keyboard"
import { helpOpen, paletteOpen } from "./overlayState"

/** The shortcuts that work everywhere. */
export function useShortcuts(): void {
  const navigate = useNavigate()
  useEffect(
    () =>
      tinykeys(window, {
        "$mod+k": (event) => {
          event.preventDefault()
          paletteOpen.update((open) => !open)
        },
        ...whileNotTyping({
          n: openNewTask,
          "Shift+?": () => helpOpen.set(true),
          "g t": () => void navigate({ to: "/" }),
          "g i": () => void navigate({ to: "/inbox" }),
          "g d": () => void navigate({ to: "/documents" }),
          "g s": () => void navigate({ to: "/system" }),
        }),
      }),
    [navigate],
  )
}
