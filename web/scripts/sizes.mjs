/**
 * Prints what a visitor downloads, gzipped, and fails when the first page is over its budget.
 * `--keep FILE` also writes it down.
 */
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const BUDGET_KIB = 200
const dist = new URL("../dist/", import.meta.url).pathname
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"))
const lines = []
const say = (line) => (lines.push(line), console.log(line))

const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(8)
const gz = (file) => gzipSync(readFileSync(join(dist, file))).length

/** An entry's own files and everything it imports statically. */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key]
  if (seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const css of chunk.css ?? []) seen.add(css)
  for (const next of chunk.imports ?? []) filesOf(next, seen)
  return seen
}

const total = (files) => [...files].reduce((sum, file) => sum + gz(file), 0)
const first = filesOf("index.html")
const firstBytes = total(first)
say(`${kib(firstBytes)} KiB gz  first page`)
for (const key of Object.keys(manifest).filter((each) => manifest[each].isDynamicEntry && each.startsWith("src/"))) {
  say(`${kib(total([...filesOf(key)].filter((file) => !first.has(file))))} KiB gz  + ${key}`)
}
say(`${kib(total(filesOf("graphiql.html")))} KiB gz  GraphiQL page, without its editor`)

const all = readdirSync(dist, { recursive: true }).map((name) => join(dist, name)).filter((path) => statSync(path).isFile())
say(`${kib(all.reduce((sum, path) => sum + statSync(path).size, 0))} KiB     dist, ${all.length} files`)

// The manifest was for this script only: it is nothing to serve.
rmSync(join(dist, ".vite"), { recursive: true })
const keep = process.argv.indexOf("--keep")
if (keep > 0) writeFileSync(process.argv[keep + 1], `${lines.join("\n")}\n`)

if (firstBytes > BUDGET_KIB * 1024) {
  console.error(`The first page is over its budget of ${BUDGET_KIB} KiB.`)
  process.exit(1)
}
