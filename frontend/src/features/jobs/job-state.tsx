import type { JobView } from "@streamforge/shared";
import { Badge } from "../../ui/badge.js";
import { cn } from "../../ui/cn.js";
import { statusWords } from "../replays/words.js";
import { isMoving } from "./queries.js";

export function JobState({ job: { status } }: { job: Pick<JobView, "status"> }) {
  const [text, tone] = statusWords[status];
  return (
    <Badge tone={tone}>
      <span data-testid="job-state">{text}</span>
    </Badge>
  );
}

/** How far it is. Of a job that does not know how much there is, only that it moves or has ended. */
export function JobProgress({ job, className = "h-2" }: { job: JobView; className?: string }) {
  const { processed, selected } = job.progress;
  const ended = job.status === "completed";
  const share = ended ? 100 : selected === null ? 0 : Math.min(100, (processed / Math.max(1, selected)) * 100);
  const unknown = selected === null && isMoving(job);
  return (
    <div
      role="progressbar"
      aria-label="Progress"
      aria-valuemin={0}
      aria-valuemax={100}
      {...(unknown ? {} : { "aria-valuenow": Math.round(share) })}
      className={cn("w-full overflow-hidden rounded-full bg-raised", className)}
    >
      <div className={cn("h-full bg-stored", unknown && "w-1/3 animate-pulse")} style={unknown ? undefined : { width: `${share}%` }} />
    </div>
  );
}
