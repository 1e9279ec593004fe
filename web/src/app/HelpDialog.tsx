import { useStore } from "@/api/store"
import { Dialog } from "@/ui/Dialog"
import { Checkbox } from "@/ui/Field"
import { singleKeys } from "@/ui/preferences"
import { helpOpen } from "./overlayState"
import { SHORTCUTS } from "./shortcuts"

export default function HelpDialog() {
  const keysOn = useStore(singleKeys) === "on"
  return (
    <Dialog open onClose={() => helpOpen.set(false)} title="Keyboard shortcuts" wide>
      <Checkbox
        label="Shortcuts of a single key work"
        checked={keysOn}
        onChange={(event) => singleKeys.set(event.target.checked ? "on" : "off")}
      />
      <div className="mt-4 grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {SHORTCUTS.map(({ where, shortcuts }) => (
          <section key={where} aria-label={where}>
            <h3 className="mb-1.5 text-sm font-semibold">{where}</h3>
            <dl className="flex flex-col gap-1.5 text-sm">
              {shortcuts.map(({ keys, does }) => (
                <div key={does} className="flex gap-3">
                  <dt className="w-32 shrink-0">
                    {keys.map((key) => (
                      <kbd key={key} className="mr-1 rounded border border-control bg-sunken px-1.5 py-0.5 font-mono text-xs">
                        {key}
                      </kbd>
                    ))}
                  </dt>
                  <dd className="text-muted">{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
