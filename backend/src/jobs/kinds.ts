import type { JobKindName } from "@streamforge/shared";
import type { Span } from "../telemetry/traces.js";
import type { JobLeases, LeasedJob } from "./lease.js";
import type { LiveTraffic } from "./pace.js";
import type { Reach } from "./reach.js";
import type { Tenure } from "./tenure.js";

/**
 * One kind of job. To add one: name it in `jobKinds` (shared/src/jobs.ts), make its jobs with `Jobs.create` from its route, and put what
 * this interface asks for into the table of a worker (`worker/job-lane.ts`). Lease, turns, pause, resume, cancel, the page, `sf jobs` and
 * the metric are there then.
 *
 * What `run` must keep to, so that a job killed anywhere is exact:
 * - It begins at `job.cursor` (null: at the beginning), and works in slices of at most a second or two.
 * - After each slice it calls `tenure.advance`, which writes counts and place in one update. What a slice does to other stores must be
 *   harmless when it is done again: a worker may die between the slice and its `advance`, and another one begins at the same cursor.
 * - Between slices it asks `tenure.mayGoOn()`; false (paused, cancelled, another job's turn, the worker ends) means return `left`.
 * - It is also called once for a job that was paused or cancelled while its worker died (`job.status` says so): what was in hand is given
 *   back then, nothing new is begun.
 * - Waiting takes the tenure with it: a wait of seconds asks `mayGoOn()` meanwhile (`createPace` does).
 */
export interface JobKind<Spec extends object = object, Cursor extends object = object, Report extends object = object> {
  kind: JobKindName;
  /** @throws an outage, after which it is tried again; anything else three times at the same `processed`, then the job has failed */
  run(context: JobContext<Spec, Cursor, Report>): Promise<Ending>;
  /**
   * Ids of jobs that still have something in hand, whatever their status: they are taken once more, to give it back. Asked every 10 s.
   * For kinds that mark what they work on.
   */
  inHand?(): Promise<string[]>;
}

/** What a kind has while it runs one of its jobs. */
export interface JobContext<Spec extends object = object, Cursor extends object = object, Report extends object = object> {
  job: LeasedJob<Spec, Cursor, Report>;
  tenure: Tenure;
  /** Wraps operations on MongoDB: an outage is waited for behind the worker's circuit, and is nobody's fault. */
  reach: Reach;
  /** The live traffic of this worker, behind which a job works. */
  live: LiveTraffic;
  /** Asks Postgres over the connection of the lease. */
  ask: JobLeases["ask"];
  /** Name of this worker. */
  worker: string;
  /** The span of this tenure, when it is recorded: a slice is a part of it (`trace?.begin("write part")`). */
  trace?: Span;
}

/** `left`: paused, cancelled, another job's turn, or the worker ends; the next worker begins at its cursor. */
export type Ending =
  /** `audited`: what the audit log says of it (`<kind>.end`), written with the end itself; absent: nothing. */
  | { kind: "completed"; message?: string | null; audited?: object }
  /** By itself, for a person to look at; resuming begins where it stopped. */
  | { kind: "stopped"; message: string }
  | { kind: "left" };

/** The one table of kinds of a worker, by name. */
export type JobKinds = ReadonlyMap<JobKindName, JobKind>;

// A kind reads its own spec and cursor: they were written by the same kind. Only this line takes that on trust.
export function jobKindsOf(...kinds: JobKind<never, never, never>[]): JobKinds {
  return new Map(kinds.map((kind) => [kind.kind, kind as unknown as JobKind]));
}
