import { classes } from "./classes"

/** Links that look like tabs: each view has an address of its own. */
export const TAB_BAR = "flex gap-1 overflow-x-auto border-b border-line bg-surface px-3"

export const tabClasses = (current: boolean): string =>
  classes(
    "border-b-2 px-2.5 py-2 text-sm whitespace-nowrap",
    current ? "border-accent font-medium text-accent" : "border-transparent text-muted hover:text-ink",
  )
