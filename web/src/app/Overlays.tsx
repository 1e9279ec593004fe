import { lazy, Suspense } from "react"
import { useStore } from "@/api/store"
import { newTaskOpen } from "@/tasks/newTask"
import { helpOpen, paletteOpen } from "./overlayState"

const CommandPalette = lazy(() => import("./CommandPalette"))
const HelpDialog = lazy(() => import("./HelpDialog"))
const NewTaskDialog = lazy(() => import("@/tasks/NewTaskDialog"))

/** Dialogs that can be opened from every page; loaded when they are. */
export function Overlays() {
  const palette = useStore(paletteOpen)
  const help = useStore(helpOpen)
  const newTask = useStore(newTaskOpen)
  return (
    <Suspense fallback={null}>
      {palette && <CommandPalette />}
      {help && <HelpDialog />}
      {newTask && <NewTaskDialog />}
    </Suspense>
  )
}
