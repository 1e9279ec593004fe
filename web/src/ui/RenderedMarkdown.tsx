import ReactMarkdown, { type Components } from "react-markdown"
import rehypeHighlight from "rehype-highlight"
import remarkGfm from "remark-gfm"
import type { MarkdownProps } from "./Markdown"

// Images could call other servers, which the page never does: they are shown as what they say they are.
const components: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  img: ({ alt, src }) => <span className="text-muted">[image: {alt || String(src ?? "")}]</span>,
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
}

type TextNode = { type: string; tagName?: string; position?: { start: { line: number } }; properties?: Record<string, unknown> }
type Root = { children: TextNode[] }

/**
 * Puts the text's headings below the page's own, which is the only one of the first level, and gives
 * them the anchors the server has for them, so that its outline leads to them.
 */
function fitHeadings(headings: MarkdownProps["headings"]) {
  const slugs = new Map(headings?.map(({ line, slug }) => [line, slug]))
  return () => (tree: Root) => {
    for (const node of tree.children) {
      const level = Number(/^h([1-6])$/.exec(node.tagName ?? "")?.[1])
      if (!level) continue
      node.tagName = `h${Math.min(level + 1, 6)}`
      const slug = slugs.get(node.position?.start.line ?? 0)
      if (slug) node.properties = { ...node.properties, id: slug }
    }
  }
}

export default function RenderedMarkdown({ text, headings }: MarkdownProps) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[fitHeadings(headings), rehypeHighlight]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  )
}
