import type { ComponentProps } from "react"
import { classes } from "./classes"

type Kind = "plain" | "primary" | "danger" | "quiet"

const LOOK: Record<Kind, string> = {
  plain: "border border-line bg-surface text-ink hover:bg-sunken",
  primary: "bg-accent-fill text-white hover:brightness-110",
  danger: "bg-danger-fill text-white hover:brightness-110",
  quiet: "text-muted hover:bg-sunken hover:text-ink",
}

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap " +
  "disabled:opacity-55 disabled:pointer-events-none transition-colors"

const SIZE = { normal: "min-h-9 px-3 text-sm", small: "min-h-7 px-2 text-xs", icon: "size-9 shrink-0" }

type ButtonProps = ComponentProps<"button"> & { kind?: Kind; size?: keyof typeof SIZE }

export function Button({ kind = "plain", size = "normal", type = "button", className, ...rest }: ButtonProps) {
  return <button {...rest} type={type} className={classes(BASE, LOOK[kind], SIZE[size], className)} />
}

/** A button that shows only an icon: the label is its accessible name and its tooltip. */
export function IconButton({ label, ...rest }: Omit<ButtonProps, "size"> & { label: string }) {
  return <Button kind="quiet" {...rest} size="icon" aria-label={label} title={label} />
}
