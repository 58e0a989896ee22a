import { Buffer } from "node:buffer";
import type { LetterPlan } from "../dead-letters/plan.js";
import { createPace, type LiveTraffic, MOST_AT_ONCE } from "../jobs/pace.js";
import type { Reach } from "../jobs/reach.js";
import type { Tenure } from "../jobs/tenure.js";
import type { DeadLetterDocument } from "../store/documents.js";
import type { Span } from "../telemetry/traces.js";
import type { Decision, Foreseen } from "./decision.js";
import type { ReplayJob } from "./job.js";
import type { MetLetter, Replayer, ReplayLetters } from "./letters.js";
import { createProgress, type Progress } from "./progress.js";

/** How letters go through the pipeline; the worker composes it from its own steps. */
export interface LetterPipeline {
  /** Stores what can be stored. A letter that is missing in the answer is undecided: an error that blames nobody; it is tried again. */
  reprocess(job: ReplayJob, letters: DeadLetterDocument[], trace?: Span): Promise<Decision[]>;
  /** What would become of them. Changes nothing. */
  foresee(job: ReplayJob, letters: DeadLetterDocument[]): Promise<Foreseen[]>;
  /** Which of these letters' events are stored after all, by whatever body. */
  findStored(letters: DeadLetterDocument[]): Promise<Decision[]>;
  /** Afterwards: open letters of these events are done with when they are stored, by this replay or by live traffic meanwhile. */
  conclude(job: ReplayJob, eventIds: string[]): Promise<void>;
}

/** Points of a replay where a test may end the process. */
export type ReplayPoint = "replay-before-write" | "replay-after-write" | "replay-counted" | "replay-applied";

export interface Run {
  job: ReplayJob;
  replayer: Replayer;
  plan: LetterPlan;
  letters: ReplayLetters;
  pipeline: LetterPipeline;
  tenure: Tenure;
  reach: Reach;
  live: LiveTraffic;
  /** The job's, when it is recorded. */
  trace?: Span | undefined;
  at?: (point: ReplayPoint) => void;
}

/** `left`: paused, cancelled, another job's turn, or the worker ends. */
export type ReplayEnding = { kind: "completed"; processed: number } | { kind: "stopped" } | { kind: "left" };

const UNDECIDED_PAUSE_MS = 500;
const MOST_DEATHS = 3;
/** A letter has failed when this many workers died while they tried it alone. One or two may have been killed from outside at that moment. */
const MOST_DEATHS_ALONE = 3;

/** A replay of dead letters, from wherever it was left: recover → (page → claim → decide → count → write) until there are none. */
export async function replayLetters(run: Run): Promise<ReplayEnding> {
  const { job, letters, tenure, reach, plan } = run;
  const progress = createProgress(job);
  await recover(run, progress);
  const pace = createPace(job.ratePerSecond, run.live, tenure.mayGoOn);
  while (tenure.mayGoOn()) {
    const left = (job.limit ?? job.selected) - progress.processed;
    if (left > 0 && progress.failsMostly()) return { kind: "stopped" };
    const size = left <= 0 ? 0 : await pace.next(left);
    if (!tenure.mayGoOn()) break;
    const page = size === 0 ? [] : await reach(() => letters.next(job.id, plan, progress.position(), size));
    if (page.length > 0) {
      await take(run, progress, page);
      continue;
    }
    // A worker that was frozen and woke up may have claimed some after its lease was lost.
    const late = await reach(() => letters.inHand(job.id, MOST_AT_ONCE));
    if (late.length === 0) return { kind: "completed", processed: progress.processed };
    await finishInHand(run, progress, late);
  }
  return { kind: "left" };
}

/** The same as a dry run: what would become of each, and nothing is changed. */
export async function foreseeLetters(run: Run): Promise<ReplayEnding> {
  const { job, letters, tenure, reach, plan } = run;
  const progress = createProgress(job);
  const pace = createPace(job.ratePerSecond, run.live, tenure.mayGoOn);
  while (tenure.mayGoOn()) {
    const left = (job.limit ?? job.selected) - progress.processed;
    const size = left <= 0 ? 0 : await pace.next(left);
    if (!tenure.mayGoOn()) break;
    const page = size === 0 ? [] : await reach(() => letters.read(plan, progress.position(), size));
    if (page.length === 0) return { kind: "completed", processed: progress.processed };
    const found = await reach(() => run.pipeline.foresee(job, page));
    progress.foreseen(found, positionOf(page.at(-1) as MetLetter));
    await tenure.advance(progress.row());
  }
  return { kind: "left" };
}

/** One page: what can be taken is marked as ours and tried; of the others is said what they are. */
async function take(run: Run, progress: Progress, page: MetLetter[]): Promise<void> {
  const { job, letters, reach } = run;
  const claimed = await reach(() =>
    letters.claim(
      job.id,
      page.map(({ _id }) => _id),
    ),
  );
  const ours = new Set(claimed.map(({ _id }) => _id.toString("hex")));
  const others = page.filter(({ _id }) => !ours.has(_id.toString("hex"))).map(untaken);
  const { decided, undecided } = await decide(run, claimed);
  const behind = undecided.length === 0 ? positionOf(page.at(-1) as MetLetter) : undefined;
  // Not moved on: the others are met again, and counted then.
  await commit(run, progress, behind ? [...decided, ...others] : decided, behind);
  if (undecided.length > 0) await giveBack(run, progress, undecided);
}

/** Of a letter that cannot be taken: superseded and resolved ones say so, nothing is overwritten; the rest is in other hands. */
function untaken({ _id, eventId, status }: MetLetter): Decision {
  const outcome = status === "superseded" ? "superseded" : status === "resolved" ? "already-stored" : "skipped";
  return { id: _id.toString("hex"), eventId, outcome, claimed: false };
}

/** Until all are decided, or the job is not to continue. */
async function decide(run: Run, claimed: DeadLetterDocument[]): Promise<{ decided: Decision[]; undecided: DeadLetterDocument[] }> {
  const decided: Decision[] = [];
  let undecided = claimed;
  while (undecided.length > 0) {
    const round = undecided;
    const found = await run.reach(() => run.pipeline.reprocess(run.job, round, run.trace));
    decided.push(...found);
    const known = new Set(found.map(({ id }) => id));
    undecided = round.filter(({ _id }) => !known.has(_id.toString("hex")));
    if (undecided.length === 0 || !run.tenure.mayGoOn()) break;
    await new Promise((resolve) => setTimeout(resolve, UNDECIDED_PAUSE_MS));
  }
  return { decided, undecided };
}

/**
 * By now the events are stored by a majority. First the row counts the decisions and keeps them, in one update; then they are
 * written to the letters. Killed before the first, the letters are found in hand and decided once more, with the same
 * result; killed before the second, it is repeated from the row.
 */
async function commit(run: Run, progress: Progress, decisions: Decision[], behind?: { atMs: number; id: Buffer }): Promise<void> {
  progress.decided(decisions, Date.now(), behind);
  await run.tenure.advance(progress.row());
  run.at?.("replay-counted");
  await write(run, progress);
  run.at?.("replay-applied");
}

async function write({ job, replayer, letters, pipeline, reach }: Run, { cursor }: Progress): Promise<void> {
  const { decided } = cursor;
  if (!decided || decided.decisions.length === 0) return;
  await reach(() => letters.apply(replayer, decided.decisions, decided.atMs));
  const touched = decided.decisions.filter(({ outcome }) => outcome !== "superseded").map(({ eventId }) => eventId);
  await reach(() => pipeline.conclude(job, touched));
}

/** What the worker before left behind. */
async function recover(run: Run, progress: Progress): Promise<void> {
  const { job, replayer, letters, tenure, reach } = run;
  const { cursor } = progress;
  await write(run, progress);
  const inHand = await reach(() => letters.inHand(job.id, MOST_AT_ONCE));
  if (inHand.length === 0) return;
  if (job.status !== "running") return giveBack(run, progress, inHand);
  if (cursor.by === replayer.worker) delete cursor.suspect;
  else cursor.deaths = (cursor.deaths ?? 0) + 1;
  cursor.by = replayer.worker;
  await tenure.advance(progress.row());
  if ((cursor.deaths ?? 0) > MOST_DEATHS) await oneByOne(run, progress, inHand);
  else await finishInHand(run, progress, inHand);
}

async function finishInHand(run: Run, progress: Progress, inHand: DeadLetterDocument[]): Promise<void> {
  const { decided, undecided } = await decide(run, inHand);
  await commit(run, progress, decided);
  if (undecided.length > 0) await giveBack(run, progress, undecided);
}

/** Something in these ended several workers: each is marked before it is tried alone, and one whose mark was found too often is not tried again. */
async function oneByOne(run: Run, progress: Progress, inHand: DeadLetterDocument[]): Promise<void> {
  const { cursor } = progress;
  for (const letter of inHand) {
    const id = letter._id.toString("hex");
    const deaths = cursor.deaths;
    cursor.suspectDeaths = cursor.suspect === id ? (cursor.suspectDeaths ?? 0) + 1 : 0;
    if (cursor.suspectDeaths >= MOST_DEATHS_ALONE) {
      const message = `${cursor.suspectDeaths} workers died, each while it replayed this event alone`;
      const failed: Decision = { id, eventId: letter.eventId, outcome: "failed", code: "UNPROCESSABLE", message, claimed: true };
      const [stored] = await run.reach(() => run.pipeline.findStored([letter]));
      await commit(run, progress, [stored ?? failed]);
    } else {
      cursor.suspect = id;
      await run.tenure.advance(progress.row());
      await finishInHand(run, progress, [letter]);
    }
    // Still suspicious until all of them are decided.
    if (deaths !== undefined) cursor.deaths = deaths;
  }
  delete cursor.deaths;
}

/** Paused or cancelled with letters in hand: open again, except those whose events are stored. */
async function giveBack(run: Run, progress: Progress, inHand: DeadLetterDocument[]): Promise<void> {
  const { job, letters, pipeline, reach } = run;
  const stored = await reach(() => pipeline.findStored(inHand));
  if (stored.length > 0) await commit(run, progress, stored);
  const known = new Set(stored.map(({ id }) => id));
  const open = inHand.filter(({ _id }) => !known.has(_id.toString("hex")));
  if (open.length === 0) return;
  await reach(() =>
    letters.giveBack(
      job.id,
      open.map(({ _id }) => _id),
    ),
  );
  // What live traffic has stored since that look left its letter to us.
  await reach(() =>
    pipeline.conclude(
      job,
      open.map(({ eventId }) => eventId),
    ),
  );
}

function positionOf({ lastFailedAt, _id }: MetLetter): { atMs: number; id: Buffer } {
  return { atMs: lastFailedAt.getTime(), id: Buffer.from(_id.buffer) };
}
