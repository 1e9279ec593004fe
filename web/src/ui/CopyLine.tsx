import { Copy } from "lucide-react"
import { toast } from "sonner"
import { IconButton } from "./Button"

/** A command for a shell, to be copied. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      toast.success("Copied.")
    } catch {
      toast.error("This browser does not let the page copy. Select the text and copy it by hand.")
    }
  }
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-sunken pl-3">
      <code className="min-w-0 flex-1 py-1.5 text-xs break-all">{text}</code>
      <IconButton label={label} onClick={() => void copy()}>
        <Copy size={14} aria-hidden />
      </IconButton>
    </div>
  )
}
