type InlineEditProps = { path: string; before: string; after: string }

const lines = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"))

/** One replacement as removed and added lines. The whole file's diff is in the task's changes. */
export function InlineEdit({ path, before, after }: InlineEditProps) {
  return (
    <figure className="overflow-hidden rounded-md border border-line">
      <figcaption className="border-b border-line bg-sunken px-3 py-1 font-mono text-xs break-all">{path}</figcaption>
      <pre tabIndex={0} className="max-h-80 overflow-auto py-1 font-mono text-xs leading-relaxed">
        {lines(before).map((line, index) => (
          <del key={index} className="block bg-danger-soft px-3 no-underline">
            - {line}
          </del>
        ))}
        {lines(after).map((line, index) => (
          <ins key={index} className="block bg-ok-soft px-3 no-underline">
            + {line}
          </ins>
        ))}
      </pre>
    </figure>
  )
}
