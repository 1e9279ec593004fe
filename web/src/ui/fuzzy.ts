/** Fuzzy search in short lists of names. Pure. */

/** How well `query` fits `text`, higher is better; undefined when its letters are not in it in this order. */
export function fuzzyScore(query: string, text: string): number | undefined {
  const [wanted, given] = [query.toLowerCase().replace(/\s+/g, ""), text.toLowerCase()]
  // Letters that stand together are what people usually mean.
  let score = given.includes(wanted) ? wanted.length * 4 : 0
  let [at, run] = [0, 0]
  for (const letter of wanted) {
    const found = given.indexOf(letter, at)
    if (found < 0) return undefined
    run = found === at ? run + 1 : 1
    const startsWord = found === 0 || /[/\s._-]/.test(given[found - 1]!)
    score += run + (startsWord ? 3 : 0)
    at = found + 1
  }
  return score - given.length / 100
}

export function fuzzyFind<T>(query: string, items: readonly T[], textOf: (item: T) => string, most: number): T[] {
  return items
    .map((item) => ({ item, score: fuzzyScore(query, textOf(item)) }))
    .filter((each): each is { item: T; score: number } => each.score !== undefined)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ item }) => item)
}
