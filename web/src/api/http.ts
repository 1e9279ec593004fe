import { signedOut } from "./connection"

/** Required by the server next to the cookie: a page of another origin cannot send it. */
export const CSRF_HEADER = { "X-Chorus-CSRF": "1" }

/** `fetch` for the server's own doors: adds the header, and notices that the login is over. */
export const serverFetch: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers)
  for (const [name, value] of Object.entries(CSRF_HEADER)) headers.set(name, value)
  const response = await fetch(input, { ...init, headers, credentials: "same-origin" })
  if (response.status === 401) signedOut()
  return response
}

/** Whether the server answers, whatever it answers. Used to wait for it without a storm of sockets. */
export async function serverAnswers(): Promise<boolean> {
  try {
    const body = JSON.stringify({ query: "{ __typename }" })
    const response = await serverFetch("/graphql", {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
      signal: AbortSignal.timeout(5_000),
    })
    return response.status < 500
  } catch {
    return false
  }
}

export async function signOut(): Promise<void> {
  await serverFetch("/logout", { method: "POST" })
  signedOut()
}

export function socketUrl(path: string): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws"
  return `${scheme}://${location.host}${path}`
}
