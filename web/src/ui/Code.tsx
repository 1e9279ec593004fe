import { lazy, Suspense } from "react"

const HighlightedCode = lazy(() => import("./HighlightedCode"))

const BOX = "overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs leading-relaxed"

/** Preformatted text; coloured once the highlighter has arrived, readable before. */
export function Code({ text, language }: { text: string; language?: string }) {
  return (
    <pre tabIndex={0} className={`${BOX} whitespace-pre-wrap break-words`}>
      {language ? (
        <Suspense fallback={<span aria-busy>{text}</span>}>
          <HighlightedCode text={text} language={language} />
        </Suspense>
      ) : (
        text
      )}
    </pre>
  )
}
