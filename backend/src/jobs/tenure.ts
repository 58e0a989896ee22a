import { setTimeout as sleep } from "node:timers/promises";
import type { JobStatus } from "@streamforge/shared";
import { unlessOutage } from "../lib/faults.js";
import type { JobLeases, JobProgress, LeasedJob } from "./lease.js";

/** The lease was lost, or the worker is about to end: nothing more may be written for this job. */
export class TenureOverError extends Error {
  override name = "TenureOverError";
}

/** The time in which this worker has a job. */
export interface Tenure {
  /** The job runs, the lease is held, and it is this job's turn. False after a pause, a cancel, or when others have waited long enough. */
  mayGoOn(): boolean;
  /** The lease is held, whatever the job's status is: what was begun may be finished. */
  held(): boolean;
  /** Writes how far the job is. @throws TenureOverError when the lease is lost: then nothing was written */
  advance(progress: JobProgress): Promise<void>;
  end(): void;
}

const RENEW_EVERY_MS = 400;
/** A worker that was frozen stops by itself so long before another one can have taken over. */
const SAFETY_MS = 800;
/** When others wait, each job gets a worker for this long at a time: a small retry does not wait for a replay of a million. */
const TURN_MS = 2_000;

export function startTenure(job: LeasedJob, leases: Pick<JobLeases, "leaseMs" | "renew" | "advance">, isStopping: () => boolean): Tenure {
  const startedAt = performance.now();
  let status: JobStatus = job.status;
  let renewedAt = startedAt;
  let othersWait = false;
  let over = false;

  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    const answer = await leases.renew(job.id);
    if (!answer) {
      over = true;
      return;
    }
    ({ status, othersWait } = answer);
    renewedAt = askedAt;
  };
  const keep = async (): Promise<void> => {
    while (!over) {
      await sleep(RENEW_EVERY_MS);
      // Postgres away: the lease runs out by itself, and `held` says so.
      if (!over) await renew().catch(unlessOutage("jobs"));
    }
  };
  void keep();

  const held = (): boolean => !over && performance.now() - renewedAt < leases.leaseMs - SAFETY_MS;
  return {
    held,
    mayGoOn: () => held() && !isStopping() && status === "running" && !(othersWait && performance.now() - startedAt > TURN_MS),
    async advance(progress) {
      const askedAt = performance.now();
      if (!held() || !(await leases.advance(job.id, progress))) {
        over = true;
        throw new TenureOverError("the lease is lost");
      }
      renewedAt = askedAt;
    },
    end() {
      over = true;
    },
  };
}
