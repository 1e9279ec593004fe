import { useId, useState, type FormEvent } from "react"
import { useRespond } from "@/state/decisions"
import { answersTo, choose, NOTHING, write, type Chosen, type Question } from "@/state/questions"
import { Button } from "@/ui/Button"

type QuestionFormProps = { id: string; questions: readonly Question[]; onDecline: () => void }

/** The agent's questions: choices, words of one's own, or no answer. */
export function QuestionForm({ id, questions, onDecline }: QuestionFormProps) {
  const { busy, respond } = useRespond()
  const [chosen, setChosen] = useState<readonly Chosen[]>(() => questions.map(() => NOTHING))
  const answers = answersTo(questions, chosen)
  const change = (index: number, next: Chosen) => setChosen(chosen.map((each, at) => (at === index ? next : each)))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (answers) void respond({ id, decision: "ALLOW", answers })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {questions.map((question, index) => (
        <QuestionField
          key={question.text}
          question={question}
          chosen={chosen[index] ?? NOTHING}
          onChange={(next) => change(index, next)}
        />
      ))}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" disabled={busy || !answers}>
          Answer
        </Button>
        <Button disabled={busy} onClick={onDecline}>
          Do not answer…
        </Button>
      </div>
    </form>
  )
}

type QuestionFieldProps = { question: Question; chosen: Chosen; onChange: (chosen: Chosen) => void }

function QuestionField({ question: { text, header, several, options }, chosen, onChange }: QuestionFieldProps) {
  const name = useId()
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-medium">
        {header && <span className="mr-2 rounded bg-sunken px-1.5 py-0.5 text-xs text-muted">{header}</span>}
        {text}
        {several && <span className="font-normal text-muted"> (several can be chosen)</span>}
      </legend>
      {options.map(({ label, description }) => (
        <label key={label} className="flex items-start gap-2.5 rounded-md border border-line px-3 py-2 text-sm has-checked:border-accent has-checked:bg-accent-soft">
          <input
            type={several ? "checkbox" : "radio"}
            name={name}
            checked={chosen.labels.includes(label)}
            onChange={() => onChange(choose(chosen, label, several))}
            className="mt-0.5 size-4 shrink-0 accent-(--accent-fill)"
          />
          <span className="min-w-0">
            {label}
            {description && <span className="block text-xs text-muted">{description}</span>}
          </span>
        </label>
      ))}
      <input
        aria-label={`Your own answer to: ${text}`}
        placeholder={options.length > 0 ? "Something else…" : "Your answer…"}
        value={chosen.other}
        maxLength={4000}
        onChange={(event) => onChange(write(chosen, event.target.value, several))}
        className="w-full rounded-md border border-control bg-surface px-2.5 py-1.5 text-sm placeholder:text-muted"
      />
    </fieldset>
  )
}
