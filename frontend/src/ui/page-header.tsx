import type { ReactNode } from "react";

/** The first line of a page: its name, what it shows in a sentence, and what can be done. */
export function PageHeader({ title, about, actions }: { title: string; about?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-64">
        <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
        {about && <p className="text-[13px] text-ink-2">{about}</p>}
      </div>
      {actions && <div className="flex items-center gap-2">{actions}</div>}
    </header>
  );
}
