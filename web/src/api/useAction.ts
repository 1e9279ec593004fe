import { useCallback, useState } from "react"
import { toast } from "sonner"
import { useMutation, type AnyVariables, type TypedDocumentNode } from "urql"
import { problemText } from "./errors"

export type Action<Data, Variables> = {
  busy: boolean
  /** Resolves with the data, or with undefined after the refusal was shown to the person. */
  run: (variables: Variables) => Promise<Data | undefined>
}

/** A mutation whose refusal is shown as a toast with the server's own words. */
export function useAction<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
): Action<Data, Variables> {
  const [, execute] = useMutation(mutation)
  const [busy, setBusy] = useState(false)
  const run = useCallback(
    async (variables: Variables) => {
      setBusy(true)
      try {
        const result = await execute(variables)
        if (result.error) toast.error(problemText(result.error))
        return result.error ? undefined : result.data
      } finally {
        setBusy(false)
      }
    },
    [execute],
  )
  return { busy, run }
}
