import type { LetterStatus, ReasonCode } from "@streamforge/shared";
import type { Binary, Document, Filter } from "mongodb";
import { type AgedCache, createAgedCache } from "../lib/aged-cache.js";
import type { DeadLetterDocument } from "../store/documents.js";
import { bounded } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";

/** How many letters have one reason in one state: at most 25 rows, whatever a tenant sends. */
export interface Tally {
  reasonCode: ReasonCode;
  status: LetterStatus;
  count: number;
}

/** Letters of one state with one fingerprint. */
export interface Cause {
  fingerprint: string;
  count: number;
  /** The letters that died first and last. */
  first: { at: Date; id: Binary };
  last: { at: Date; id: Binary };
  /** How many died in each two hours of the last 24, the oldest first; open ones only. */
  trend: number[];
}

export interface RankedCauses {
  /** The most frequent ones, at most `MOST_CAUSES`. */
  causes: Cause[];
  /** Letters of all causes, those that are not named included. */
  total: number;
}

export interface Causes {
  /**
   * @param tenantId null: all tenants
   * @param signal of who asks; a count ends in MongoDB when nobody waits for it any more
   */
  tallies(tenantId: string | null, signal?: AbortSignal): Promise<{ value: Tally[]; atMs: number }>;
  ranked(tenantId: string | null, status: LetterStatus, signal?: AbortSignal): Promise<{ value: RankedCauses; atMs: number }>;
  /** Letters were changed by this process: what is known is old. */
  forget(): void;
}

export const TREND_STEPS = 12;
const TREND_STEP_MS = 2 * 3_600_000;
/** Causes that are named; what a tenant invents beyond them is counted as one. */
export const MOST_CAUSES = 500;
/** A count of everything may take long (a million letters: 1.1 s); it runs once for all who ask. Below the driver's own deadline. */
const MOST_TIME_MS = 9_000;
/** Pictures that are kept, the last ones used. Each is at most some 100 KB. */
const MOST_PICTURES = 200;

/**
 * Counts by reason and by cause, of one tenant or of all, made in the index alone and kept as pictures that say of when they are. A
 * collection of counters would answer faster, but had to be repaired after every crash between a letter and its counter; a picture
 * cannot be wrong, only old. Each tenant has its own: one with a million letters makes nobody else wait. What comes out of MongoDB is
 * bounded however many causes there are (60,000 made-up event types are 60,000 causes).
 */
export function createCauses({ deadLetters }: Pick<Store, "deadLetters">): Causes {
  const options = (hint: string, signal: AbortSignal) => ({ hint, signal, maxTimeMS: MOST_TIME_MS, batchSize: 1_000 });
  const of = (tenantId: string | null) => (tenantId === null ? {} : { tenantId });

  const countTallies = (tenantId: string | null, signal: AbortSignal): Promise<Tally[]> => {
    const group = { $group: { _id: { reasonCode: "$reasonCode", status: "$status" }, count: { $sum: 1 } } };
    const stages = [{ $match: of(tenantId) }, group, { $replaceWith: { $mergeObjects: ["$_id", { count: "$count" }] } }];
    return bounded(() => deadLetters.aggregate<Tally>(stages, options("tenant_reason", signal)).toArray(), undefined, signal);
  };

  const rank = async (tenantId: string | null, status: LetterStatus, signal: AbortSignal): Promise<RankedCauses> => {
    const limits = options(tenantId === null ? "status_time" : "tenant_cause", signal);
    const matching: Filter<DeadLetterDocument> = { ...of(tenantId), status };
    const stages = [{ $match: matching }, ...RANK];
    const [top, all] = await bounded(
      () =>
        Promise.all([deadLetters.aggregate<Omit<Cause, "trend">>(stages, limits).toArray(), deadLetters.countDocuments(matching, limits)]),
      undefined,
      signal,
    );
    const causes = top.map((cause) => ({ ...cause, trend: new Array<number>(TREND_STEPS).fill(0) }));
    const named = causes.reduce((sum, { count }) => sum + count, 0);
    // Counted a moment apart: where all are named, their sum is the total.
    const total = causes.length < MOST_CAUSES ? named : Math.max(named, all);
    if (status !== "open" || causes.length === 0) return { causes, total };
    const since = new Date(Date.now() - TREND_STEPS * TREND_STEP_MS);
    const fingerprint = { $in: causes.map((cause) => cause.fingerprint) };
    const recent = { ...matching, fingerprint, lastFailedAt: { $gte: since } };
    const steps = await bounded(
      () =>
        deadLetters
          .aggregate<{ _id: { fingerprint: string; step: number }; count: number }>([{ $match: recent }, inSteps(since)], limits)
          .toArray(),
      undefined,
      signal,
    );
    const byFingerprint = new Map(causes.map((cause) => [cause.fingerprint, cause]));
    for (const { _id, count } of steps) {
      const trend = byFingerprint.get(_id.fingerprint)?.trend ?? [];
      const step = Math.min(_id.step, TREND_STEPS - 1);
      trend[step] = (trend[step] as number) + count;
    }
    return { causes, total };
  };

  const tallies = createPictures<Tally[]>();
  const ranked = createPictures<RankedCauses>();
  return {
    tallies: (tenantId, signal) => tallies.current(tenantId ?? "", (end) => countTallies(tenantId, end), signal),
    ranked: (tenantId, status, signal) => ranked.current(`${status} ${tenantId ?? ""}`, (end) => rank(tenantId, status, end), signal),
    forget() {
      tallies.forget();
      ranked.forget();
    },
  };
}

/** From letters to the most frequent causes. The ends are compared by their time, then by their id. */
const RANK: Document[] = [
  {
    $group: {
      _id: "$fingerprint",
      count: { $sum: 1 },
      first: { $min: { at: "$lastFailedAt", id: "$_id" } },
      last: { $max: { at: "$lastFailedAt", id: "$_id" } },
    },
  },
  { $sort: { count: -1, "last.at": -1, _id: 1 } },
  { $limit: MOST_CAUSES },
  { $project: { _id: 0, fingerprint: "$_id", count: 1, first: 1, last: 1 } },
];

function inSteps(since: Date): Document {
  const step = { $floor: { $divide: [{ $subtract: ["$lastFailedAt", since] }, TREND_STEP_MS] } };
  return { $group: { _id: { fingerprint: "$fingerprint", step }, count: { $sum: 1 } } };
}

/** A picture for each key, those that were used last. */
function createPictures<T>() {
  const pictures = new Map<string, AgedCache<T>>();
  return {
    current(key: string, make: (end: AbortSignal) => Promise<T>, signal?: AbortSignal): ReturnType<AgedCache<T>["current"]> {
      const picture = pictures.get(key) ?? createAgedCache(make);
      pictures.delete(key);
      pictures.set(key, picture);
      const [oldest] = pictures.keys();
      if (pictures.size > MOST_PICTURES && oldest !== undefined) pictures.delete(oldest);
      return picture.current(signal);
    },
    // Those that are being made continue for who waits for them; nobody else gets them.
    forget: () => pictures.clear(),
  };
}
