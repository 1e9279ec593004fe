/** Questions an agent asks its person, with choices. Pure. */
import type { Permission } from "./pendingPermissions"

export type Question = Permission["questions"][number]

/** What is chosen for one question so far: labels, and words of one's own. */
export type Chosen = { labels: readonly string[]; other: string }

export const NOTHING: Chosen = { labels: [], other: "" }

/** Takes or leaves a label; where only one is wanted it replaces the other, and own words. */
export function choose(chosen: Chosen, label: string, several: boolean): Chosen {
  if (!several) return { labels: [label], other: "" }
  const labels = chosen.labels.includes(label) ? chosen.labels.filter((each) => each !== label) : [...chosen.labels, label]
  return { ...chosen, labels }
}

export function write(chosen: Chosen, other: string, several: boolean): Chosen {
  return { labels: several || !other.trim() ? chosen.labels : [], other }
}

export type Answers = Record<string, string | string[]>

/** By question: a label or free text, or a list of them where several can be chosen; undefined while one has none. */
export function answersTo(questions: readonly Question[], chosen: readonly Chosen[]): Answers | undefined {
  const answers = questions.map(({ text, options, several }, index): [string, string | string[]] => {
    const { labels, other } = chosen[index] ?? NOTHING
    const inOrder = options.map(({ label }) => label).filter((label) => labels.includes(label))
    const all = [...inOrder, other.trim()].filter(Boolean)
    return [text, several ? all : (all[0] ?? "")]
  })
  return answers.every(([, answer]) => answer.length > 0) ? Object.fromEntries(answers) : undefined
}
