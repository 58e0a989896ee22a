import type { ReactNode } from "react";
import { Skeleton } from "./skeleton.js";

/** Label and figure, line by line. `value` null holds the line's place while it is on its way. */
export function Facts({ rows }: { rows: { label: string; value: ReactNode | null }[] }) {
  return (
    <dl className="divide-y divide-line text-[13px]">
      {rows.map(({ label, value }) => (
        <div key={label} className="flex min-h-8 items-center justify-between gap-4 py-1">
          <dt className="text-ink-2">{label}</dt>
          <dd className="text-right font-medium stale:text-ink-3">{value ?? <Skeleton className="h-4 w-16" />}</dd>
        </div>
      ))}
    </dl>
  );
}
