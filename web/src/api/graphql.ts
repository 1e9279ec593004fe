/** Typed documents: `graphql()` reads the committed schema, so a field that does not exist does not compile. */
import { initGraphQLTada } from "gql.tada"
import type { introspection } from "./schema"

export const graphql = initGraphQLTada<{
  introspection: introspection
  disableMasking: true
  scalars: { DateTime: string; JSON: unknown; Cursor: string }
}>()

export type { FragmentOf, ResultOf, VariablesOf } from "gql.tada"
