import { useId, type ComponentProps, type ReactNode } from "react"
import { classes } from "./classes"

const CONTROL =
  "w-full rounded-md border border-control bg-surface px-2.5 py-1.5 text-sm text-ink placeholder:text-muted " +
  "disabled:opacity-60"

type FieldProps = { label: string; hint?: ReactNode; children: (id: string, describedBy: string | undefined) => ReactNode }

/** A control with its visible label and an optional hint that screen readers read too. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  const hintId = hint ? `${id}-hint` : undefined
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children(id, hintId)}
      {hint && (
        <p id={hintId} className="text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}

type Labelled = { label: string; hint?: ReactNode }

export function TextField({ label, hint, className, ...rest }: ComponentProps<"input"> & Labelled) {
  return (
    <Field label={label} hint={hint}>
      {(id, hintId) => <input {...rest} id={id} aria-describedby={hintId} className={classes(CONTROL, className)} />}
    </Field>
  )
}

export function TextArea({ label, hint, className, ...rest }: ComponentProps<"textarea"> & Labelled) {
  return (
    <Field label={label} hint={hint}>
      {(id, hintId) => <textarea {...rest} id={id} aria-describedby={hintId} className={classes(CONTROL, className)} />}
    </Field>
  )
}

export function SelectField({ label, hint, className, ...rest }: ComponentProps<"select"> & Labelled) {
  return (
    <Field label={label} hint={hint}>
      {(id, hintId) => <select {...rest} id={id} aria-describedby={hintId} className={classes(CONTROL, className)} />}
    </Field>
  )
}

export function Checkbox({ label, ...rest }: ComponentProps<"input"> & { label: ReactNode }) {
  return (
    <label className="inline-flex items-center gap-2 text-sm">
      <input {...rest} type="checkbox" className="size-4 accent-(--accent-fill)" />
      {label}
    </label>
  )
}
