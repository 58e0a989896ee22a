import type { Stats } from "@streamforge/shared";
import { cn } from "../../ui/cn.js";
import { Skeleton } from "../../ui/skeleton.js";
import { dependenciesOf } from "./words.js";

/** The servers that StreamForge stands on, at a glance. */
export function DependencyStrip({ stats }: { stats: Stats | null }) {
  if (!stats) return <Skeleton className="h-11 w-full" />;
  return (
    <section aria-label="Servers" className="grid gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3">
      {dependenciesOf(stats.storage).map(({ name, ok, detail }) => (
        <div key={name} data-testid={`dependency-${name}`} className="flex min-h-11 items-center gap-2.5 bg-surface px-4 py-2 text-[13px]">
          <span aria-hidden="true" className={cn("size-2 shrink-0 rounded-full stale:bg-line-strong", ok ? "bg-good" : "bg-bad")} />
          <span className="font-medium">{name}</span>
          <span className={cn("stale:text-ink-3", ok ? "text-good" : "font-semibold text-bad")}>{ok ? "up" : "down"}</span>
          <span className="ml-auto truncate text-ink-3">{detail}</span>
        </div>
      ))}
    </section>
  );
}
