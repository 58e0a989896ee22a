import type { ReactNode } from "react";
import { cn } from "./cn.js";

interface CardProps {
  title: string;
  /** Beside the title: a control, or what the figures mean. */
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A titled section of a page. */
export function Card({ title, aside, className, children }: CardProps) {
  return (
    <section aria-label={title} className={cn("flex min-w-0 flex-col rounded-lg border border-line bg-surface", className)}>
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-2">
        <h2 className="text-[13px] font-semibold text-ink">{title}</h2>
        {aside}
      </header>
      <div className="min-w-0 flex-1 px-4 pt-1 pb-4">{children}</div>
    </section>
  );
}
