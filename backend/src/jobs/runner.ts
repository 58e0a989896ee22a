import { setTimeout as sleep } from "node:timers/promises";
import { outageOf } from "../lib/errors.js";
import { reportFault } from "../lib/faults.js";
import { inSpan, type Span, type Traces } from "../telemetry/traces.js";
import type { Ending, JobKind, JobKinds } from "./kinds.js";
import type { JobLeases, LeasedJob } from "./lease.js";
import type { LiveTraffic } from "./pace.js";
import { type Circuit, createReach } from "./reach.js";
import { startTenure, type Tenure, TenureOverError } from "./tenure.js";

export interface RunnerOptions {
  kinds: JobKinds;
  /** The value under `keys.jobs`; null or "0": no job has work. */
  signal: () => Promise<string | null>;
  leases: JobLeases;
  /** Name of this worker. */
  worker: string;
  circuit: Circuit;
  live: LiveTraffic;
  onError: (message: string, error: Error) => void;
  traces: Traces;
}

export interface Runner {
  /** The job in hand, for the log. */
  current(): string | null;
  /** Finishes the slice in hand and gives the lease back. */
  stop(): Promise<void>;
}

const POLL_MS = 400;
/** With work signalled and nothing to take (others have it), the lease of a dead worker is looked for this often. */
const LOOK_AGAIN_MS = 2_000;
/**
 * Something may be in the hands of a job that has ended: it failed, or a worker that was frozen took it late. Asked of the kinds this
 * often; such a job is taken once more, to give it back.
 */
const LOOK_FOR_LEFT_MS = 10_000;
/** A connection to Postgres is kept this long without work. */
const KEEP_CONNECTION_MS = 10_000;
/** A job that fails for a reason of its own so often in a row has failed. */
const MOST_ERRORS = 3;

/** The jobs of one worker: one at a time, found by a key in Redis, so that an idle worker has no connection to Postgres. */
export function startRunner(options: RunnerOptions): Runner {
  const { kinds, signal, leases, onError, traces } = options;
  let stopping = false;
  let current: LeasedJob | null = null;
  let errors = { id: "", processed: -1, count: 0 };

  const run = (job: LeasedJob, tenure: Tenure, trace: Span | undefined): Promise<Ending> => {
    const { live, circuit, worker } = options;
    const isStopping = (): boolean => stopping;
    const reach = createReach(circuit, tenure, isStopping, (error) => onError(`storage unavailable, the ${job.kind} waits`, error));
    return (kinds.get(job.kind) as JobKind).run({ job, tenure, reach, live, worker, ask: leases.ask, ...(trace ? { trace } : {}) });
  };

  const work = async (job: LeasedJob): Promise<void> => {
    const tenure = startTenure(job, leases, () => stopping);
    const span = traces.begin(`job ${job.kind}`);
    span?.set({ "streamforge.job.id": job.id, "streamforge.job.kind": job.kind, "streamforge.tenant.id": job.tenantId ?? "" });
    try {
      const ending = await inSpan(span, async () => {
        const found = await run(job, tenure, span);
        span?.set({ "streamforge.job.ending": found.kind });
        return found;
      });
      errors = { id: "", processed: -1, count: 0 };
      if (ending.kind === "completed") await leases.finish(job.id, "completed", ending.message ?? null, ending.audited);
      if (ending.kind === "stopped") await leases.finish(job.id, "stopped", ending.message);
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

  const jobsInHand = async (): Promise<string[]> => {
    const asked = [...kinds.values()].map(({ kind, inHand }) =>
      (inHand?.() ?? Promise.resolve([])).catch((error: Error) => {
        onError(`what jobs of the kind ${kind} left in hand was not looked for, the next look makes up for it`, error);
        return [];
      }),
    );
    return (await Promise.all(asked)).flat();
  };

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
        if (!stopping && (error instanceof TenureOverError || !reportFault("jobs", error)))
          onError("job interrupted, it will be taken again", error as Error);
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
