import type { ReactNode } from "react";

/** A part of a panel, under a small heading that names it for screen readers, too. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-xs font-medium text-ink-3">{title}</h3>
      {children}
    </section>
  );
}
