import { useState } from "react"
import { commentKey, loadComments, saveComments, type Comment } from "./comments"

/** The comments that wait to be sent; they survive a reload. */
export function useComments(taskId: string) {
  const [comments, setComments] = useState(() => loadComments(taskId))
  const keep = (next: Comment[]) => {
    setComments(next)
    saveComments(taskId, next)
  }
  return {
    comments,
    /** Replaces the comment at the same place; an empty text removes it. */
    put: (comment: Comment) => {
      const others = comments.filter((each) => commentKey(each) !== commentKey(comment))
      keep(comment.text.trim() ? [...others, comment] : others)
    },
    clear: () => keep([]),
  }
}
