/** Shown instead of everything when the login cookie is missing or over. */
export function SignedOut() {
  return (
    <main className="flex min-h-dvh items-center justify-center p-6">
      <div className="max-w-md rounded-xl border border-line bg-surface p-6">
        <h1 className="text-lg font-semibold">You are signed out</h1>
        <p className="mt-3 text-sm text-muted">Run this on the machine that runs Chorus, and open the link it prints:</p>
        <pre tabIndex={0} className="mt-3 rounded-md bg-sunken px-3 py-2 font-mono text-sm">
          chorus login
        </pre>
        <p className="mt-3 text-sm text-muted">Agents go on working; nothing you wrote here is lost.</p>
      </div>
    </main>
  )
}
