import { setTimeout as sleep } from "node:timers/promises";
import { outageOf } from "../lib/errors.js";
import { reportFault } from "../lib/faults.js";
import type { EventDocument } from "../store/documents.js";
import type { Store } from "../store/mongo.js";
import type { Review } from "./decision.js";
import { eventFilter, lettersOf } from "./job-filter.js";
import type { LeasedJob, ReplayLeases } from "./lease.js";
import { createReplayLetters } from "./letters.js";
import type { LiveTraffic } from "./pace.js";
import { type Circuit, createReach } from "./reach.js";
import { type Ending, foreseeLetters, type LetterPipeline, type ReplayPoint, replayLetters } from "./replay-letters.js";
import { createStoredEvents, replayStored } from "./replay-stored.js";
import { startTenure, TenureOverError } from "./tenure.js";

export interface RunnerOptions {
  /** The value under `keys.replays`; null or "0": no job has work. */
  signal: () => Promise<string | null>;
  leases: ReplayLeases;
  store: Store;
  /** Name of this worker. */
  worker: string;
  circuit: Circuit;
  live: LiveTraffic;
  pipeline: LetterPipeline;
  review: (events: EventDocument[]) => Promise<Review[]>;
  onError: (message: string, error: Error) => void;
  at?: (point: ReplayPoint) => void;
}

export interface Runner {
  /** The job in hand, for the log. */
  current(): string | null;
  /** Finishes the bulk in hand and gives the lease back. */
  stop(): Promise<void>;
}

const POLL_MS = 400;
/** With work signalled and nothing to take (others have it), the lease of a dead worker is looked for this often. */
const LOOK_AGAIN_MS = 2_000;
/**
 * Letters may be in the hands of a job that has ended: it failed, or a worker that was frozen took them late. Looked for this
 * often in MongoDB; such a job is taken once more, to give them back.
 */
const LOOK_FOR_LEFT_MS = 10_000;
/** A connection to Postgres is kept this long without work. */
const KEEP_CONNECTION_MS = 10_000;
/** A job that fails for a reason of its own so often in a row has failed. */
const MOST_ERRORS = 3;

/** The replays of one worker: one job at a time, found by a key in Redis, so that an idle worker has no connection to Postgres. */
export function startRunner(options: RunnerOptions): Runner {
  const { signal, leases, onError, store } = options;
  const letters = createReplayLetters(store);
  let stopping = false;
  let current: LeasedJob | null = null;
  let errors = { id: "", processed: -1, count: 0 };

  const work = async (job: LeasedJob): Promise<void> => {
    const tenure = startTenure(job, leases, () => stopping);
    try {
      const ending = await runJob(options, job, tenure, () => stopping);
      errors = { id: "", processed: -1, count: 0 };
      if (ending.kind === "completed") await leases.finish(job.id, "completed", remarkOf(job, ending));
      if (ending.kind === "stopped") await leases.finish(job.id, "stopped", STOPPED);
    } catch (error) {
      if (error instanceof TenureOverError || outageOf(error)) throw error;
      const again = errors.id === job.id && errors.processed === job.processed;
      errors = { id: job.id, processed: job.processed, count: again ? errors.count + 1 : 1 };
      if (errors.count < MOST_ERRORS) throw error;
      await leases.finish(
        job.id,
        "failed",
        `It failed ${MOST_ERRORS} times at the same place, the last time with: ${(error as Error).message}`,
      );
    } finally {
      tenure.end();
    }
    await leases.release(job.id);
  };

  const jobsInHand = (): Promise<string[]> =>
    letters.jobsInHand().catch((error: Error) => {
      onError("letters left in hand were not looked for, the next look makes up for it", error);
      return [];
    });

  const poll = async (): Promise<void> => {
    let seen: string | null = null;
    let lookAt = 0;
    let lookForLeftAt = 0;
    let idleSince = performance.now();
    while (!stopping) {
      try {
        const value = await signal();
        const now = performance.now();
        let left: string[] = [];
        if (now >= lookForLeftAt) {
          lookForLeftAt = now + LOOK_FOR_LEFT_MS;
          left = await jobsInHand();
        }
        if (left.length > 0 || (value !== null && value !== "0" && (value !== seen || now >= lookAt))) {
          seen = value;
          current = await leases.take(left);
          if (current) {
            await work(current);
            idleSince = performance.now();
            continue;
          }
          lookAt = now + LOOK_AGAIN_MS;
        } else if (now - idleSince > KEEP_CONNECTION_MS) await leases.close();
      } catch (error) {
        // What was in hand is found by whoever takes the job next: this worker, as soon as it can.
        if (!stopping && (error instanceof TenureOverError || !reportFault("replay", error)))
          onError("replay interrupted, it will go on", error as Error);
        seen = null;
        await pause(1_000);
      } finally {
        current = null;
      }
      await pause(POLL_MS);
    }
    await leases.close();
  };
  const pause = async (ms: number): Promise<void> => {
    const until = performance.now() + ms;
    while (!stopping && performance.now() < until) await sleep(Math.min(100, ms));
  };

  const polling = poll();
  return {
    current: () => current?.id ?? null,
    async stop() {
      stopping = true;
      await polling;
    },
  };
}

async function runJob(
  options: RunnerOptions,
  job: LeasedJob,
  tenure: ReturnType<typeof startTenure>,
  isStopping: () => boolean,
): Promise<Ending> {
  const { store, live, circuit, worker, pipeline, review, onError } = options;
  const reach = createReach(circuit, tenure, isStopping, (error) => onError("storage unavailable, the replay waits", error));
  const shared = { job, tenure, reach, live };
  if (job.source === "STORED") return replayStored({ ...shared, filter: eventFilter(job), events: createStoredEvents(store), review });
  const run = {
    ...shared,
    replayer: { id: job.id, by: job.createdByName, worker },
    plan: lettersOf(job),
    letters: createReplayLetters(store),
    pipeline,
    at: options.at,
  };
  return job.mode === "dry-run" ? foreseeLetters(run) : replayLetters(run);
}

const STOPPED =
  "More than half of the last 100 failed again, so the rest was left alone. Look at the failures in the report, mend the cause (the event type's schema, or a patch), then resume; or cancel.";

function remarkOf(job: LeasedJob, { processed }: { processed: number }): string | null {
  const gone = Math.min(job.limit ?? job.selected, job.selected) - processed;
  if (gone <= 0) return null;
  return `${gone} of those that were selected did not match any more when their turn came: they were resolved, discarded or superseded meanwhile.`;
}
