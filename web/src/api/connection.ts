/** What the page knows about its connection to the server; shown in the navigation, never guessed. */
import { Store } from "./store"

export type Link = "connecting" | "live" | "offline"

export type Connection = {
  link: Link
  /** The cookie is missing or no longer valid: nothing works until a new login link is opened. */
  signedOut: boolean
  /** Milliseconds since the epoch at which `link` became what it is. */
  since: number
}

export const connection = new Store<Connection>({ link: "connecting", signedOut: false, since: Date.now() })

export function linkIs(link: Link): void {
  connection.update((was) => (was.link === link ? was : { ...was, link, since: Date.now() }))
}

export function signedOut(): void {
  connection.update((was) => (was.signedOut ? was : { link: "offline", signedOut: true, since: Date.now() }))
}
