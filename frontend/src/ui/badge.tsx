import type { ReactNode } from "react";
import { cn } from "./cn.js";

const tones = {
  neutral: "bg-raised text-ink-2",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
} as const;

export type Tone = keyof typeof tones;

/** A short state in words; the tone repeats what the words say and never stands alone. */
export function Badge({ tone = "neutral", className, children }: { tone?: Tone; className?: string; children: ReactNode }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap stale:bg-raised stale:text-ink-3",
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}
