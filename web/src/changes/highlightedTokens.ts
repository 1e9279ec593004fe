import { markEdits, tokenize, type HunkTokens } from "react-diff-view"
import { lowlight } from "@/ui/highlighter"
import { languageOf } from "@/ui/languages"
import type { DiffFile } from "./diffFiles"

/** Above this many lines colours cost more than they help. */
const MOST_LINES = 3_000

const highlighter = { highlight: (code: string, language: string) => lowlight.highlight(language, code).children }

/** Syntax colours and marked edits within lines; undefined when the file has neither. */
export function highlightedTokens({ path, data }: DiffFile): HunkTokens | undefined {
  const { hunks } = data
  if (hunks.reduce((sum, hunk) => sum + hunk.changes.length, 0) > MOST_LINES) return undefined
  const language = languageOf(path)
  const enhancers = [markEdits(hunks, { type: "block" })]
  try {
    if (!language || !lowlight.registered(language)) return tokenize(hunks, { enhancers })
    return tokenize(hunks, { highlight: true, refractor: highlighter, language, enhancers })
  } catch {
    // A part of a file can be something no grammar expects.
    return undefined
  }
}
