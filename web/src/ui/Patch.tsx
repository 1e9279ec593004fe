import { patchLines, type PatchHunk, type PatchLine } from "./hunks"

const LOOK: Record<PatchLine["kind"], string> = { context: "", removed: "bg-danger-soft", added: "bg-ok-soft" }
const SIGN: Record<PatchLine["kind"], string> = { context: " ", removed: "−", added: "+" }

/** A change of one file, hunk by hunk, without the file around it. */
export function Patch({ hunks, label }: { hunks: readonly PatchHunk[]; label: string }) {
  return (
    <pre
      tabIndex={0}
      aria-label={label}
      role="group"
      className="max-h-96 overflow-auto rounded-md border border-line bg-surface py-1 font-mono text-xs leading-relaxed"
    >
      {hunks.map((hunk, index) => (
        <div key={`${hunk.oldStart}-${index}`} className={`w-max min-w-full ${index > 0 ? "mt-1 border-t border-line pt-1" : ""}`}>
          {patchLines(hunk).map((line, number) => (
            <Line key={number} line={line} />
          ))}
        </div>
      ))}
    </pre>
  )
}

function Line({ line: { kind, number, text } }: { line: PatchLine }) {
  const Element = kind === "removed" ? "del" : kind === "added" ? "ins" : "span"
  return (
    <Element className={`block pr-3 no-underline ${LOOK[kind]}`}>
      <span className="inline-block w-11 pr-2 text-right text-muted select-none">{number}</span>
      <span className="select-none">{SIGN[kind]} </span>
      {text}
      {"\n"}
    </Element>
  )
}
