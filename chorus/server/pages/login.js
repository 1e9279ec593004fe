// Signs in with the code of the link. The code leaves the address bar and the history first.
const code = location.hash.slice(1)
const next = new URLSearchParams(location.search).get("next")
history.replaceState(null, "", "/login")

function say(text) {
  document.getElementById("message").textContent = text
}

async function signIn() {
  if (!code) return say("This address has no login code. Run `chorus login` and open the link it prints.")
  const answer = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, next }),
  })
  const found = await answer.json()
  if (answer.ok) return location.replace(found.next)
  say(`${found.errors[0].message} Run \`chorus login\` for a new link.`)
}

signIn().catch(() => say("Chorus does not answer. Is it still running?"))
