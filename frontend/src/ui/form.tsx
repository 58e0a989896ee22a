import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "./cn.js";

const box = "w-full rounded-md border border-line-strong bg-surface text-[13px] text-ink placeholder:text-ink-3 aria-invalid:border-bad";

interface LabelledProps {
  label: string;
  /** What it is for, under the field. */
  hint?: ReactNode;
  /** What is wrong with it; takes the hint's place. */
  error?: string;
}

function useNames(hint: ReactNode, error: string | undefined) {
  const id = useId();
  return { id, describedBy: hint || error ? `${id}-about` : undefined };
}

function Around({ id, label, hint, error, children }: LabelledProps & { id: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-[13px] font-medium text-ink-2">
        {label}
      </label>
      {children}
      {(error || hint) && (
        <p id={`${id}-about`} className={cn("text-xs", error ? "text-bad" : "text-ink-3")}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

/** A labelled text field for react-hook-form: `<Input label="Name" error={errors.name?.message} {...register("name")} />`. */
export function Input({ label, hint, error, className, ...props }: LabelledProps & ComponentProps<"input">) {
  const { id, describedBy } = useNames(hint, error);
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <input id={id} aria-invalid={Boolean(error)} aria-describedby={describedBy} className={cn(box, "h-9 px-3", className)} {...props} />
    </Around>
  );
}

/** A labelled choice; the browser's own list, which phones and screen readers know best. */
export function Select({ label, hint, error, className, children, ...props }: LabelledProps & ComponentProps<"select">) {
  const { id, describedBy } = useNames(hint, error);
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <select
        id={id}
        aria-invalid={Boolean(error)}
        aria-describedby={describedBy}
        className={cn(box, "h-9 cursor-pointer px-2.5", className)}
        {...props}
      >
        {children}
      </select>
    </Around>
  );
}

/** A labelled field of several lines. */
export function TextArea({ label, hint, error, className, ...props }: LabelledProps & ComponentProps<"textarea">) {
  const { id, describedBy } = useNames(hint, error);
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <textarea
        id={id}
        aria-invalid={Boolean(error)}
        aria-describedby={describedBy}
        className={cn(box, "min-h-24 px-3 py-2", className)}
        {...props}
      />
    </Around>
  );
}

/** A box to tick, with its words beside it. */
export function Checkbox({ label, about, ...props }: { label: ReactNode; about?: ReactNode } & ComponentProps<"input">) {
  return (
    <label className="flex cursor-pointer items-start gap-2.5 py-1 text-[13px]">
      <input type="checkbox" className="mt-0.5 size-4 shrink-0 cursor-pointer accent-brand" {...props} />
      <span>
        {label}
        {about && <span className="block text-xs text-ink-3">{about}</span>}
      </span>
    </label>
  );
}

/** What went wrong with the form as a whole. */
export const FormFailure = ({ children }: { children?: ReactNode }) => (
  <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-[13px] empty:hidden">
    {children}
  </p>
);
