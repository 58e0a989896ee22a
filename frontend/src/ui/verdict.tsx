import type { ReactNode } from "react";
import type { Tone } from "./badge.js";
import { cn } from "./cn.js";
import { CheckIcon, ClockIcon, CriticalIcon, WarningIcon } from "./icons.js";
import { Skeleton } from "./skeleton.js";

const looks = {
  good: { Icon: CheckIcon, icon: "bg-good-soft text-good" },
  warn: { Icon: WarningIcon, icon: "bg-warn-soft text-warn" },
  bad: { Icon: CriticalIcon, icon: "bg-bad-soft text-bad" },
  neutral: { Icon: ClockIcon, icon: "bg-raised text-ink-2" },
} as const;

interface VerdictProps {
  loading?: boolean;
  tone?: Tone;
  headline?: string;
  detail?: string;
  children?: ReactNode;
}

/** A judgement in one line, with its grounds under it; the place is kept while it is on its way. */
export function Verdict({ loading = false, tone = "neutral", headline, detail, children }: VerdictProps) {
  const { Icon, icon } = looks[tone];
  return (
    <section
      aria-label="Verdict"
      className="flex flex-wrap items-center gap-x-6 gap-y-3 rounded-lg border border-line bg-surface px-4 py-3.5"
    >
      <div className="flex min-w-0 flex-1 basis-72 items-center gap-3.5">
        <span className={cn("grid size-10 shrink-0 place-items-center rounded-full", icon)}>
          <Icon className="size-5.5" />
        </span>
        <div className="min-h-12 min-w-0">
          <p data-testid="verdict" className="text-lg leading-tight font-semibold tracking-tight sm:text-xl">
            {loading ? <Skeleton className="h-6 w-52" /> : headline}
          </p>
          <p className="mt-1 text-[13px] text-ink-2">{loading ? <Skeleton className="h-4 w-72 max-w-full" /> : detail}</p>
        </div>
      </div>
      {children}
    </section>
  );
}
