/** What a person is told when the server refuses or cannot be reached. */
import type { CombinedError } from "urql"

export type Problem = { message: string; code: string; id?: string }

const UNREACHABLE: Problem = {
  code: "UNREACHABLE",
  message: "The server does not answer. Nothing is lost; the page goes on by itself when it is back.",
}

export function problemOf(error: CombinedError): Problem {
  const first = error.graphQLErrors[0]
  if (!first) return error.response?.status === 401 ? signedOutProblem : UNREACHABLE
  const { code, id } = first.extensions as { code?: string; id?: string }
  if (code === "INTERNAL") return { code, message: first.message, id }
  return { code: code ?? "UNKNOWN", message: first.message }
}

const signedOutProblem: Problem = { code: "UNAUTHENTICATED", message: "You are signed out." }

/** One sentence for a toast; an internal error carries the id under which the server's log has it. */
export function problemText(error: CombinedError): string {
  const problem = problemOf(error)
  return problem.id ? `${problem.message} (log id ${problem.id})` : problem.message
}
