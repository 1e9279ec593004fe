import { lazy, Suspense } from "react"

const RenderedMarkdown = lazy(() => import("./RenderedMarkdown"))

export type MarkdownProps = {
  text: string
  /** The headings' anchors, by the line (1-based) on which each begins. */
  headings?: readonly { line: number; slug: string }[]
}

/** Markdown of strangers: raw HTML is not rendered, links go nowhere but to http(s) and leave the page. */
export function Markdown({ text, headings }: MarkdownProps) {
  return (
    <Suspense fallback={<p aria-busy className="text-sm whitespace-pre-wrap">{text}</p>}>
      <RenderedMarkdown text={text} headings={headings} />
    </Suspense>
  )
}
