import type { ReplayMode, ReplayReport, ReplaySource } from "@streamforge/shared";
import type { JobProgress, LeasedJob } from "../jobs/lease.js";
import type { Decision, Outcomes, Review } from "./decision.js";

/** What is asked of a replay, as its row keeps it. */
export interface ReplaySpec {
  source: ReplaySource;
  mode: ReplayMode;
  selector: Record<string, unknown>;
}

/** Where a replay continues. */
export interface ReplayCursor {
  /** The last letter or event that was looked at: ms since 1970, and its `_id` in hex. */
  atMs?: number;
  id?: string;
  /**
   * What was decided last. It is counted in the same update of the row, and written to the letters after that: a worker that
   * takes over writes it again, which changes nothing twice, so that counts are exact wherever the one before was killed.
   */
  decided?: { atMs: number; decisions: Decision[] };
  reviewed?: Review[];
  /** The last outcomes, newest last: `f` failed, `.` did not. */
  recent?: string;
  /** How often a worker died with letters of this job in hand, without one being decided in between. */
  deaths?: number;
  /** The letter that was being tried alone (hex): found after a death, it may be what ended the worker. */
  suspect?: string;
  /** How many workers died while they tried it. */
  suspectDeaths?: number;
  /** The worker that wrote these three: when it finds them itself, it has lost its lease for a while, and nobody died. */
  by?: string;
}

export type ReplayProgress = JobProgress<ReplayCursor, ReplayReport>;

/** A replay as its worker has it: a job of one tenant, with a rate and a number of what it selected. */
export interface ReplayJob extends Omit<LeasedJob<ReplaySpec, ReplayCursor, ReplayReport>, "kind" | "spec">, ReplaySpec {
  tenantId: string;
  ratePerSecond: number;
  selected: number;
  outcomes: Outcomes;
}

export function replayOf({ spec, kind: _, ...job }: LeasedJob<ReplaySpec, ReplayCursor, ReplayReport>): ReplayJob {
  return { ...(job as Omit<ReplayJob, keyof ReplaySpec>), ...spec };
}
