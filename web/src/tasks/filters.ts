/** Which tasks are shown, in which order, under which headings. Pure. */
import { attentionOf, ATTENTION_TITLE, ATTENTIONS } from "@/state/attention"
import type { TaskCard } from "@/state/taskCard"

export type Sort = "attention" | "newest" | "title"
export type Grouping = "attention" | "project" | "none"

export type TaskFilter = { q?: string; project?: string; agent?: string; sort?: Sort; group?: Grouping }

const SORTS: ReadonlySet<string> = new Set(["attention", "newest", "title"])
const GROUPINGS: ReadonlySet<string> = new Set(["attention", "project", "none"])

const word = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

/** A filter out of an address; what makes no sense is left out. */
export function readFilter(search: Record<string, unknown>): TaskFilter {
  const filter: TaskFilter = {
    q: word(search["q"]),
    project: word(search["project"]),
    agent: word(search["agent"]),
    sort: SORTS.has(String(search["sort"])) ? (search["sort"] as Sort) : undefined,
    group: GROUPINGS.has(String(search["group"])) ? (search["group"] as Grouping) : undefined,
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

export function filterTasks(tasks: Iterable<TaskCard>, { q, project, agent }: TaskFilter): TaskCard[] {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean)
  return [...tasks].filter(
    (task) =>
      (!project || task.project.id === project) &&
      (!agent || task.agent === agent) &&
      words.every((each) => searchedText(task).includes(each)),
  )
}

function searchedText(task: TaskCard): string {
  return [task.title, task.activity, task.branch, task.project.name, task.agent].join(" ").toLowerCase()
}

/** Queued: in the order of the queue. Others: what changed longest ago first when it waits for a person, newest otherwise. */
function byAttention(a: TaskCard, b: TaskCard, startQueue: readonly string[]): number {
  const [first, second] = [attentionOf(a), attentionOf(b)]
  if (first !== second) return ATTENTIONS.indexOf(first) - ATTENTIONS.indexOf(second)
  if (first === "queued") return inQueue(a, b, startQueue)
  const order = (a.statusSince ?? a.createdAt).localeCompare(b.statusSince ?? b.createdAt)
  return first === "needs-you" ? order : -order
}

/** What is started next comes first, then what goes on by itself later, then what nobody has started. */
function inQueue(a: TaskCard, b: TaskCard, startQueue: readonly string[]): number {
  const group = ({ id, status }: TaskCard) => (startQueue.includes(id) ? 0 : status === "WAITING" ? 1 : 2)
  if (group(a) !== group(b)) return group(a) - group(b)
  if (group(a) === 0) return startQueue.indexOf(a.id) - startQueue.indexOf(b.id)
  if (group(a) === 1) return (a.waitUntil ?? "").localeCompare(b.waitUntil ?? "")
  return queueOrder(a, b)
}

/** Of what is not started: highest priority first, then oldest. */
export function queueOrder(a: TaskCard, b: TaskCard): number {
  return b.priority - a.priority || a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id)
}

export function sortTasks(tasks: readonly TaskCard[], sort: Sort = "attention", startQueue: readonly string[] = []): TaskCard[] {
  switch (sort) {
    case "newest":
      return tasks.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    case "title":
      return tasks.toSorted((a, b) => a.title.localeCompare(b.title))
    case "attention":
      return tasks.toSorted((a, b) => byAttention(a, b, startQueue))
  }
}

export type Group = { key: string; title: string; tasks: TaskCard[] }

export function groupTasks(tasks: readonly TaskCard[], grouping: Grouping = "attention"): Group[] {
  if (grouping === "none") return [{ key: "all", title: "All tasks", tasks: [...tasks] }]
  const groups = new Map<string, Group>()
  for (const task of tasks) {
    const attention = attentionOf(task)
    const [key, title] = grouping === "project" ? [task.project.id, task.project.name] : [attention, ATTENTION_TITLE[attention]]
    const group = groups.get(key) ?? { key, title, tasks: [] }
    group.tasks.push(task)
    groups.set(key, group)
  }
  const order = (group: Group) => (grouping === "attention" ? ATTENTIONS.findIndex((each) => each === group.key) : 0)
  return [...groups.values()].toSorted((a, b) => order(a) - order(b) || a.title.localeCompare(b.title))
}
