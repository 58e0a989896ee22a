import type { ReplayReport } from "@streamforge/shared";
import type { JobContext, JobKind } from "../jobs/kinds.js";
import type { EventDocument } from "../store/documents.js";
import type { Store } from "../store/mongo.js";
import type { Review } from "./decision.js";
import { type ReplayCursor, type ReplayJob, type ReplaySpec, replayOf } from "./job.js";
import { eventFilter, lettersOf } from "./job-filter.js";
import { createReplayLetters } from "./letters.js";
import { foreseeLetters, type LetterPipeline, type ReplayEnding, type ReplayPoint, replayLetters } from "./replay-letters.js";
import { createStoredEvents, replayStored } from "./replay-stored.js";

export interface ReplayParts {
  store: Store;
  pipeline: LetterPipeline;
  review: (events: EventDocument[]) => Promise<Review[]>;
  at?: (point: ReplayPoint) => void;
}

type Context = JobContext<ReplaySpec, ReplayCursor, ReplayReport>;

/** Replays as a kind of job: of dead letters, dry or not, and of stored events. */
export function createReplayKind(parts: ReplayParts): JobKind<ReplaySpec, ReplayCursor, ReplayReport> {
  const letters = createReplayLetters(parts.store);
  return {
    kind: "replay",
    async run(context) {
      const job = replayOf(context.job);
      const ending = await replay(parts, job, context);
      if (ending.kind === "completed") return { kind: "completed", message: remarkOf(job, ending) };
      return ending.kind === "stopped" ? { kind: "stopped", message: STOPPED } : ending;
    },
    inHand: () => letters.jobsInHand(),
  };
}

function replay({ store, pipeline, review, at }: ReplayParts, job: ReplayJob, context: Context): Promise<ReplayEnding> {
  const { tenure, reach, live, worker, trace } = context;
  const shared = { job, tenure, reach, live };
  if (job.source === "STORED") return replayStored({ ...shared, filter: eventFilter(job), events: createStoredEvents(store), review });
  const run = {
    ...shared,
    replayer: { id: job.id, by: job.createdByName, worker },
    plan: lettersOf(job),
    letters: createReplayLetters(store),
    pipeline,
    trace,
    at,
  };
  return job.mode === "dry-run" ? foreseeLetters(run) : replayLetters(run);
}

const STOPPED =
  "More than half of the last 100 failed again, so the rest was left alone. Look at the failures in the report, repair the cause (the event type's schema, or a patch), then resume; or cancel.";

function remarkOf(job: ReplayJob, { processed }: { processed: number }): string | null {
  const gone = Math.min(job.limit ?? job.selected, job.selected) - processed;
  if (gone <= 0) return null;
  return `${gone} of those that were selected did not match any more when their turn came: they were resolved, discarded or superseded meanwhile.`;
}
