import type { ElementContent, RootContent } from "hast"
import { Fragment, type ReactNode } from "react"
import { lowlight } from "./highlighter"

function render(node: RootContent | ElementContent, key: number): ReactNode {
  if (node.type === "text") return <Fragment key={key}>{node.value}</Fragment>
  if (node.type !== "element") return null
  const names = node.properties["className"]
  return (
    <span key={key} className={Array.isArray(names) ? names.join(" ") : undefined}>
      {node.children.map(render)}
    </span>
  )
}

export default function HighlightedCode({ text, language }: { text: string; language: string }) {
  if (!lowlight.registered(language)) return text
  return lowlight.highlight(language, text).children.map(render)
}
