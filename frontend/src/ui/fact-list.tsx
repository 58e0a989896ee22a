import type { ReactNode } from "react";
import { CopyButton } from "./copy-button.js";

export interface Fact {
  label: string;
  /** Left out when there is nothing to show. */
  value: ReactNode;
  /** Can be copied, as this. Its button shows with the pointer on the line, and always where there is no pointer to put there. */
  copy?: string;
}

/** Facts about one thing in a panel, in two columns. */
export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="grid grid-cols-[minmax(5.5rem,auto)_1fr] items-baseline gap-x-4 gap-y-1.5 text-[13px] leading-5">
      {facts.map(
        ({ label, value, copy }) =>
          value && (
            <div key={label} className="group contents">
              <dt className="text-ink-3">{label}</dt>
              <dd className="flex min-w-0 gap-1">
                <span className="min-w-0 wrap-anywhere">{value}</span>
                {copy !== undefined && (
                  <span className="-my-1 flex h-7 shrink-0 opacity-0 group-hover:opacity-100 focus-within:opacity-100 pointer-coarse:opacity-100">
                    <CopyButton text={copy} label={`Copy ${label.toLowerCase()}`} />
                  </span>
                )}
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** An id or the like, which can be copied. */
export const idFact = (label: string, id: string | undefined): Fact => ({
  label,
  value: id && <span className="font-mono text-xs">{id}</span>,
  copy: id,
});
