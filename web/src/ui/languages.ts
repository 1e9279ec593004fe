/** Which language a file is in, in the highlighter's words. Apart from the highlighter, which is large. */

const BY_EXTENSION: Record<string, string> = {
  bash: "bash", c: "c", cc: "cpp", cpp: "cpp", cs: "csharp", css: "css", go: "go", graphql: "graphql", h: "c",
  hpp: "cpp", html: "xml", java: "java", js: "javascript", json: "json", jsx: "javascript", kt: "kotlin",
  lua: "lua", md: "markdown", mjs: "javascript", php: "php", pl: "perl", py: "python", pyi: "python", r: "r",
  rb: "ruby", rs: "rust", scss: "scss", sh: "bash", sql: "sql", svg: "xml", swift: "swift", toml: "ini",
  ts: "typescript", tsx: "typescript", vb: "vbnet", xml: "xml", yaml: "yaml", yml: "yaml",
}

/** The language of a file by its extension; undefined when it is none that the highlighter knows. */
export function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1)
  if (name === "Makefile") return "makefile"
  return BY_EXTENSION[name.slice(name.lastIndexOf(".") + 1).toLowerCase()]
}
