import { DropdownMenu } from "radix-ui"
import type { ReactNode } from "react"
import { classes } from "./classes"

export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-80 min-w-52 rounded-lg border border-line bg-surface p-1 shadow-xl"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

type MenuItemProps = { onSelect: () => void; danger?: boolean; disabled?: boolean; hint?: string; children: ReactNode }

export function MenuItem({ onSelect, danger, disabled, hint, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      disabled={disabled}
      onSelect={onSelect}
      className={classes(
        "cursor-pointer rounded-md px-2.5 py-1.5 text-sm outline-none data-highlighted:bg-accent-soft data-disabled:opacity-55",
        danger && "text-danger",
      )}
    >
      {children}
      {hint && <span className="block text-xs text-muted">{hint}</span>}
    </DropdownMenu.Item>
  )
}
