/** The one syntax highlighter of the page: commands, Markdown code and diffs share it. Loaded on demand. */
import { common, createLowlight } from "lowlight"

export const lowlight = createLowlight(common)
