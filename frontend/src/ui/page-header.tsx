import type { ReactNode } from "react";

/** The first line of a page: its name, what it shows in a sentence, and what can be done. */
export function PageHeader({ title, about, actions }: { title: string; about?: ReactNode; actions?: ReactNode }) {
  return (
    <header>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
        {actions && <div className="flex items-center gap-2">{actions}</div>}
      </div>
      {about && <p className="text-[13px] text-ink-2">{about}</p>}
    </header>
  );
}
