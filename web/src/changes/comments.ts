/** Comments on lines of a diff, collected and then sent to the agent as one message. Pure but for storage. */

export type Comment = {
  file: string
  /** The side of the diff and the line's number on it, 1-based. */
  side: "old" | "new"
  line: number
  code: string
  text: string
}

export const commentKey = ({ file, side, line }: Pick<Comment, "file" | "side" | "line">): string => `${file}\n${side}${line}`

/** The message an agent gets: every comment with its place and the line it is about. */
export function reviewMessage(comments: readonly Comment[], remark = ""): string {
  const parts = comments.toSorted(byPlace).map((comment) => {
    const where = comment.side === "old" ? `line ${comment.line} before the change` : `line ${comment.line}`
    const fence = "`".repeat(Math.max(3, longestTicks(comment.code) + 1))
    return `${comment.file}, ${where}:\n${fence}\n${comment.code}\n${fence}\n${comment.text.trim()}`
  })
  const head = `Please look at ${comments.length === 1 ? "this comment" : "these comments"} on your changes.`
  return [head, ...(remark.trim() ? [remark.trim()] : []), ...parts].join("\n\n")
}

function byPlace(a: Comment, b: Comment): number {
  return a.file.localeCompare(b.file) || a.line - b.line
}

function longestTicks(code: string): number {
  return Math.max(0, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length))
}

const storageKey = (taskId: string) => `chorus.review.${taskId}`

export function loadComments(taskId: string): Comment[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey(taskId)) ?? "[]")
    return Array.isArray(stored) ? (stored as Comment[]) : []
  } catch {
    return []
  }
}

export function saveComments(taskId: string, comments: readonly Comment[]): void {
  try {
    if (comments.length === 0) localStorage.removeItem(storageKey(taskId))
    else localStorage.setItem(storageKey(taskId), JSON.stringify(comments))
  } catch {
    // Without storage the comments live as long as the page.
  }
}
