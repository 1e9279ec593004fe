/** Questions an agent asks its person, with choices. Pure. */

export type Option = { label: string; description?: string }
export type Question = { question: string; header?: string; several: boolean; options: Option[] }

/** What is chosen for one question so far: labels, and words of one's own. */
export type Chosen = { labels: readonly string[]; other: string }

export const NOTHING: Chosen = { labels: [], other: "" }

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const text = (value: unknown): string | undefined => (typeof value === "string" && value.trim() !== "" ? value : undefined)

/** The questions in a tool's input, recognised by their shape; undefined when it asks none. */
export function readQuestions(input: unknown): Question[] | undefined {
  const asked = isFields(input) ? input["questions"] : undefined
  if (!Array.isArray(asked) || asked.length === 0) return undefined
  const questions = asked.map(readQuestion)
  return questions.every((each) => each !== undefined) ? questions : undefined
}

function readQuestion(value: unknown): Question | undefined {
  const question = isFields(value) ? text(value["question"]) : undefined
  if (!isFields(value) || !question) return undefined
  const options = Array.isArray(value["options"]) ? value["options"].map(readOption).filter((each) => each !== undefined) : []
  return { question, header: text(value["header"]), several: value["multiSelect"] === true, options }
}

function readOption(value: unknown): Option | undefined {
  if (typeof value === "string") return { label: value }
  const label = isFields(value) ? text(value["label"]) : undefined
  return isFields(value) && label ? { label, description: text(value["description"]) } : undefined
}

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
  const answers = questions.map(({ question, options, several }, index): [string, string | string[]] => {
    const { labels, other } = chosen[index] ?? NOTHING
    const inOrder = options.map(({ label }) => label).filter((label) => labels.includes(label))
    const all = [...inOrder, other.trim()].filter(Boolean)
    return [question, several ? all : (all[0] ?? "")]
  })
  return answers.every(([, answer]) => answer.length > 0) ? Object.fromEntries(answers) : undefined
}
