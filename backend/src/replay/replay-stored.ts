import { Buffer } from "node:buffer";
import { Binary, type Filter } from "mongodb";
import { createPace, type LiveTraffic } from "../jobs/pace.js";
import type { Reach } from "../jobs/reach.js";
import type { Tenure } from "../jobs/tenure.js";
import { behind, type Position } from "../store/cursor.js";
import type { EventDocument } from "../store/documents.js";
import { guarded } from "../store/events.js";
import type { Store } from "../store/mongo.js";
import type { Review } from "./decision.js";
import type { ReplayJob } from "./job.js";
import { createProgress, type Progress } from "./progress.js";
import type { ReplayEnding } from "./replay-letters.js";

export interface StoredRun {
  job: ReplayJob;
  filter: Filter<EventDocument>;
  events: StoredEvents;
  /** Normalisation, validation and enrichment once more; changes nothing. */
  review: (events: EventDocument[]) => Promise<Review[]>;
  tenure: Tenure;
  reach: Reach;
  live: LiveTraffic;
}

export interface StoredEvents {
  /** The next events behind a position, by occurredAt. */
  next(filter: Filter<EventDocument>, after: Position | undefined, most: number): Promise<EventDocument[]>;
  /** Sets derived fields. Repeating it changes nothing. */
  change(reviews: Review[]): Promise<void>;
}

export function createStoredEvents({ events }: Store): StoredEvents {
  return {
    next: (filter, after, most) =>
      guarded(() =>
        events
          .find(
            after
              ? { $and: [filter, behind("occurredAt", after, new Binary(after.id, Binary.SUBTYPE_UUID), "asc") as Filter<EventDocument>] }
              : filter,
          )
          .sort({ occurredAt: 1, _id: 1 })
          .limit(most)
          .toArray(),
      ),
    async change(reviews) {
      const updates = reviews.flatMap(({ id, change }) => {
        if (!change) return [];
        const { typeVersion } = change;
        const update = typeVersion === null ? { $unset: { typeVersion: 1 as const } } : { $set: { typeVersion } };
        return [{ updateOne: { filter: { _id: new Binary(Buffer.from(id, "hex"), Binary.SUBTYPE_UUID) }, update } }];
      });
      if (updates.length > 0) await guarded(() => events.bulkWrite(updates, { ordered: false }));
    },
  };
}

/** Looks at stored events again: body, id and state stay; derived fields are set where they differ; what would fail now is reported. */
export async function replayStored(run: StoredRun): Promise<ReplayEnding> {
  const { job, events, filter, tenure, reach } = run;
  const progress = createProgress(job);
  await write(run, progress);
  const pace = createPace(job.ratePerSecond, run.live, tenure.mayGoOn);
  while (tenure.mayGoOn()) {
    const left = (job.limit ?? job.selected) - progress.processed;
    const size = left <= 0 ? 0 : await pace.next(left);
    if (!tenure.mayGoOn()) break;
    const page = size === 0 ? [] : await reach(() => events.next(filter, progress.position(), size));
    const last = page.at(-1);
    if (!last) return { kind: "completed", processed: progress.processed };
    progress.reviewed(await reach(() => run.review(page)), { atMs: last.occurredAt.getTime(), id: Buffer.from(last._id.buffer) });
    // Counted first, then written; a worker that takes over writes it again from the row.
    await tenure.advance(progress.row());
    await write(run, progress);
  }
  return { kind: "left" };
}

async function write({ events, reach }: StoredRun, { cursor }: Progress): Promise<void> {
  const { reviewed } = cursor;
  if (reviewed && reviewed.length > 0) await reach(() => events.change(reviewed));
}
