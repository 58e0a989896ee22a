import type { LetterStatus } from "@streamforge/shared";
import { bounded } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import { createPicture } from "./picture.js";

/** How many letters one cause has in one state at one tenant. */
export interface CauseCount {
  tenantId: string;
  status: LetterStatus;
  fingerprint: string;
  count: number;
  /** `lastFailedAt` of the letters that died first and last. */
  first: Date;
  last: Date;
}

/** Letters that are open and died within two hours: which of the last twelve, 0 the oldest. */
export interface TrendCount {
  tenantId: string;
  fingerprint: string;
  step: number;
  count: number;
}

export interface Causes {
  /** Every cause, state and tenant with its count, as of `atMs`. */
  counts(): Promise<{ value: CauseCount[]; atMs: number }>;
  trends(): Promise<{ value: TrendCount[]; atMs: number }>;
  /** Letters were changed by this process: what is known is old. */
  forget(): void;
}

export const TREND_STEPS = 12;
const TREND_STEP_MS = 2 * 3_600_000;
/** A count of everything may take long (a million letters: 1.1 s); it runs once for all who ask. Below the driver's own deadline. */
const MOST_TIME_MS = 9_000;
const BATCH = 2_000;

/**
 * Counts by cause. They are counted in the index alone, all at once for every tenant and state (a million letters: 1.1 s), and
 * kept as a picture that says of when it is. A collection of counters would answer faster, but had to be repaired after every
 * crash between a letter and its counter; a picture cannot be wrong, only old.
 */
export function createCauses({ deadLetters }: Pick<Store, "deadLetters">): Causes {
  const counts = createPicture(() =>
    bounded(() =>
      deadLetters
        .aggregate<CauseCount>(
          [
            {
              $group: {
                _id: { tenantId: "$tenantId", fingerprint: "$fingerprint", status: "$status" },
                count: { $sum: 1 },
                first: { $min: "$lastFailedAt" },
                last: { $max: "$lastFailedAt" },
              },
            },
            { $replaceWith: { $mergeObjects: ["$_id", { count: "$count", first: "$first", last: "$last" }] } },
          ],
          { hint: "tenant_cause", maxTimeMS: MOST_TIME_MS, batchSize: BATCH },
        )
        .toArray(),
    ),
  );
  const trends = createPicture(() => {
    const since = new Date(Date.now() - TREND_STEPS * TREND_STEP_MS);
    const step = { $floor: { $divide: [{ $subtract: ["$lastFailedAt", since] }, TREND_STEP_MS] } };
    return bounded(() =>
      deadLetters
        .aggregate<TrendCount>(
          [
            { $match: { status: "open", lastFailedAt: { $gte: since } } },
            { $group: { _id: { tenantId: "$tenantId", fingerprint: "$fingerprint", step }, count: { $sum: 1 } } },
            { $replaceWith: { $mergeObjects: ["$_id", { count: "$count" }] } },
          ],
          { hint: "status_time", maxTimeMS: MOST_TIME_MS, batchSize: BATCH },
        )
        .toArray(),
    );
  });
  return {
    counts: counts.current,
    trends: trends.current,
    forget() {
      counts.forget();
      trends.forget();
    },
  };
}
