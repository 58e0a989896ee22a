import { type ReplayView, replayOutcomes } from "@streamforge/shared";
import { cn } from "../../ui/cn.js";
import { outcomeWords } from "./words.js";

const colours = { good: "bg-stored", bad: "bg-dead", warn: "bg-warn", neutral: "bg-line-strong" } as const;

/** How far it is, by outcome, as one bar. */
export function ProgressBar({ replay, className = "h-2" }: { replay: ReplayView; className?: string }) {
  const { processed, selected, limit, outcomes } = replay;
  const all = Math.max(1, processed, Math.min(selected, limit ?? selected));
  return (
    <div
      role="progressbar"
      aria-label="Progress"
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={processed}
      className={cn("flex w-full overflow-hidden rounded-full bg-raised", className)}
    >
      {replayOutcomes.map((name) => {
        const share = ((outcomes[name] ?? 0) / all) * 100;
        return share > 0 && <span key={name} className={colours[outcomeWords[name].tone]} style={{ width: `${share}%` }} />;
      })}
    </div>
  );
}
