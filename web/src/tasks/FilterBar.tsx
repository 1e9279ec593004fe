import { useNavigate } from "@tanstack/react-router"
import { useEffect, useMemo, useRef } from "react"
import { tinykeys } from "tinykeys"
import type { TaskCard } from "@/state/taskCard"
import { whileNotTyping } from "@/ui/keyboard"
import type { TaskFilter } from "./filters"

const CONTROL = "min-h-8 rounded-md border border-control bg-surface px-2 text-sm placeholder:text-muted"

type FilterBarProps = { tasks: ReadonlyMap<string, TaskCard>; filter: TaskFilter; layout: string }

/** Search, filters and order; all of it is in the address, so it can be kept and shared. */
export function FilterBar({ tasks, filter, layout }: FilterBarProps) {
  const navigate = useNavigate()
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => tinykeys(window, whileNotTyping({ "/": () => search.current?.focus() })), [])
  const { projects, agents } = useMemo(() => choices(tasks), [tasks])
  const change = (part: TaskFilter) => {
    const next = Object.fromEntries(Object.entries({ ...filter, ...part }).filter(([, value]) => value))
    void navigate({ to: "/", search: next as TaskFilter, replace: true })
  }
  return (
    <search className="flex flex-wrap items-center gap-2 px-4 pt-3">
      <input
        ref={search}
        type="search"
        aria-label="Search tasks"
        aria-keyshortcuts="/"
        placeholder="Search"
        value={filter.q ?? ""}
        onChange={(event) => change({ q: event.target.value })}
        className={`${CONTROL} w-44 flex-1 max-sm:basis-full sm:flex-none`}
      />
      <Choice label="Project" all="All projects" value={filter.project} options={projects} onChoose={(project) => change({ project })} />
      {agents.length > 1 && (
        <Choice label="Agent" all="All agents" value={filter.agent} options={agents} onChoose={(agent) => change({ agent })} />
      )}
      {layout === "list" && (
        <>
          <Choice
            label="Group by"
            value={filter.group ?? "attention"}
            options={[
              ["attention", "By attention"],
              ["project", "By project"],
              ["none", "Ungrouped"],
            ]}
            onChoose={(group) => change({ group: group as TaskFilter["group"] })}
          />
          <Choice
            label="Sort by"
            value={filter.sort ?? "attention"}
            options={[
              ["attention", "What needs you first"],
              ["newest", "Newest first"],
              ["title", "By title"],
            ]}
            onChoose={(sort) => change({ sort: sort as TaskFilter["sort"] })}
          />
        </>
      )}
    </search>
  )
}

type Option = [value: string, label: string]

function choices(tasks: ReadonlyMap<string, TaskCard>): { projects: Option[]; agents: Option[] } {
  const all = [...tasks.values()]
  const projects = new Map(all.map(({ project }) => [project.id, project.name]))
  const agents = new Set(all.map(({ agent }) => agent))
  return { projects: [...projects], agents: [...agents].toSorted().map((agent) => [agent, agent]) }
}

type ChoiceProps = { label: string; all?: string; value?: string; options: Option[]; onChoose: (value: string) => void }

function Choice({ label, all, value, options, onChoose }: ChoiceProps) {
  return (
    <select aria-label={label} value={value ?? ""} onChange={(event) => onChoose(event.target.value)} className={`${CONTROL} max-sm:flex-1 max-sm:basis-[40%] sm:max-w-44`}>
      {all && <option value="">{all}</option>}
      {options.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  )
}
