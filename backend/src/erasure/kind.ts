import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { Binary } from "mongodb";
import { identitiesOf } from "../ingest/identify.js";
import { partitionOf } from "../ingest/ingest.js";
import type { Ending, JobKind } from "../jobs/kinds.js";
import { createRest } from "../jobs/rest.js";
import type { Position } from "../store/cursor.js";
import { type Accepted, compareIds, isUpTo, LOOK_EVERY_MS } from "../store/erasure-watch.js";
import { createErasureLog, type ErasureDocument, type ErasureLog } from "../store/erasures.js";
import type { Store } from "../store/mongo.js";
import { createRemovals, type Removals } from "../store/removals.js";
import type { Places } from "../stream/places.js";
import { type FoundEvent, type FoundLetter, nextEvents, nextLetters, nextUnknownLetters, partsHolding, spansOf } from "./find.js";
import type { ErasureContext, ErasureCursor, ErasureReport, ErasureSpec } from "./job-shape.js";

/** Points of an erasure where a test may end the process. */
export type ErasurePoint = "erasure-begun" | "erasure-settled" | "erasure-released" | "erasure-removed";

export interface ErasureParts {
  store: Store;
  places: Places;
  partitions: number;
  /** Told how many events went, for the metric. */
  onErased: (events: number) => void;
  at?: (point: ErasurePoint) => void;
}

/** Events looked at in one slice: what goes of them is one transaction. */
const SLICE = 500;
const POLL_MS = 200;
const ADVANCE_EVERY_MS = 500;
const MOST_PARTS = 1_000;
/** Every process has looked for blocks by then. */
const BLOCK_KNOWN_MS = LOOK_EVERY_MS * 3;

/**
 * Erases one user: begin (it is in force) → wait until everything that was accepted before is settled → dead letters → events → list the
 * exported parts → end. Each step can be done again from its beginning, so the cursor says little.
 *
 * Why it waits first: what is on its way is decided as it always is, stored or dead, and counted by its settlement. What is then removed, in
 * one transaction with its count, was settled once and cannot come again; so the ledger needs no other arithmetic.
 */
export function createErasureKind(parts: ErasureParts): JobKind<ErasureSpec, ErasureCursor, ErasureReport> {
  const log = createErasureLog(parts.store.db);
  const removals = createRemovals(parts.store);
  return {
    kind: "erasure",
    async run(context) {
      const { job, tenure, reach } = context;
      if (job.status === "cancelled") await reach(() => log.drop(job.id));
      return tenure.mayGoOn() ? erase(parts, log, removals, context) : { kind: "left" };
    },
    // Those that were cancelled must not stay in force.
    inHand: () => log.underWay(),
  };
}

async function erase(parts: ErasureParts, log: ErasureLog, removals: Removals, context: ErasureContext): Promise<Ending> {
  const { job, tenure, reach } = context;
  const run = await createRun(parts, removals, context);
  const erasure = await begin(parts, log, context);
  parts.at?.("erasure-begun");
  if (!erasure || !(await run.settledUpTo(erasure))) return { kind: "left" };
  await reach(() => log.settled(job.id));
  parts.at?.("erasure-settled");
  await run.rememberSpans();
  const left = await run.pass(erasure);
  if (!tenure.mayGoOn()) return run.leave();
  // It needs this worker's turn, or another's, to give them back.
  if (left > 0) return run.leave("dead letters that a replay has in hand");
  await run.listParts();
  await reach(() => log.ended(job.id));
  const { events, deadLetters } = run.totals();
  return { kind: "completed", audited: { user: job.spec.user, reason: job.spec.reason, block: job.spec.block, events, deadLetters } };
}

/** Puts it into force. With a block, its place is where the streams are once every process refuses the user. @returns null: to be left */
async function begin({ places }: ErasureParts, log: ErasureLog, { job, tenure, reach }: ErasureContext): Promise<ErasureDocument | null> {
  const { spec, id, tenantId } = job;
  const user = new Binary(Buffer.from(spec.user, "hex"));
  const { upTo = [], at = job.createdAt } = spec.private ?? {};
  const known = { upTo, at: new Date(at) };
  const begun = await reach(() => log.begin({ _id: id, tenantId: tenantId as string, user, blocked: spec.block }, known));
  if (begun.upTo.length > 0) return begun;
  for (let waitedMs = 0; waitedMs < BLOCK_KNOWN_MS; waitedMs += POLL_MS) {
    if (!tenure.mayGoOn()) return null;
    await sleep(POLL_MS);
  }
  const now = await places.now();
  return reach(() => log.place(id, now));
}

async function createRun({ store, places, partitions, onErased, at }: ErasureParts, removals: Removals, context: ErasureContext) {
  const { job, tenure, reach } = context;
  const tenantId = job.tenantId as string;
  const userId = job.spec.private?.userId;
  if (userId === undefined) throw new Error("the job no longer knows whom it is to erase: it had ended");
  const rest = createRest(context.live, tenure.mayGoOn);
  const removal = { id: job.id, reason: "erased" } as const;
  const totals = { events: 0, deadLetters: 0 };
  for (const { what, count } of await reach(() => removals.countsOf(job.id))) totals[what] += count;
  let cursor: ErasureCursor = job.cursor ?? {};
  let report: ErasureReport = { ...job.report };
  let advancedAt = 0;

  const advance = async (): Promise<void> => {
    await tenure.advance({ processed: totals.events + totals.deadLetters, outcomes: { ...totals }, report, cursor });
    advancedAt = performance.now();
  };
  const tell = async (waitingFor: string | undefined): Promise<void> => {
    if (report.waitingFor === waitingFor) return;
    const { waitingFor: _, ...others } = report;
    report = waitingFor === undefined ? others : { ...others, waitingFor };
    await advance();
  };

  /** After a slice: progress, and room for live traffic. */
  const breathe = async (startedAt: number): Promise<void> => {
    if (performance.now() - advancedAt > ADVANCE_EVERY_MS) await advance();
    await rest.after(performance.now() - startedAt);
  };

  const removeEvents = async (found: FoundEvent[], isConcerned: (one: FoundEvent) => boolean): Promise<void> => {
    if (found.length === 0) return;
    // First: killed in between, they are found and released once more. One that is sent again meanwhile waits (`waitForErasure`).
    const byPartition = Map.groupBy(
      found.flatMap((one) => acceptancesOf(tenantId, one)),
      ({ identity }) => partitionOf(identity, partitions),
    );
    for (const [partition, acceptances] of byPartition) await places.release(partition, acceptances);
    at?.("erasure-released");
    const gone = await reach(() =>
      removals.events(
        removal,
        found.map(({ _id }) => _id),
        isConcerned as never,
      ),
    );
    totals.events += gone.length;
    onErased(gone.length);
    at?.("erasure-removed");
  };

  const passEvents = async (isConcerned: (one: FoundEvent) => boolean): Promise<number> => {
    let after: Position | undefined;
    let found = 0;
    while (tenure.mayGoOn()) {
      const startedAt = performance.now();
      const page = await reach(() => nextEvents(store, tenantId, userId, after, SLICE));
      const concerned = page.filter(isConcerned);
      found += concerned.length;
      await removeEvents(concerned, isConcerned);
      const last = page.at(-1);
      if (!last || page.length < SLICE) break;
      after = { atMs: last.occurredAt.getTime(), id: Buffer.from(last._id.buffer) };
      await breathe(startedAt);
    }
    return found;
  };

  /** @returns how many could not be removed: a replay has them in hand */
  const removeLetters = async (found: FoundLetter[]): Promise<number> => {
    if (found.length === 0) return 0;
    const these = { _id: { $in: found.map(({ _id }) => _id) }, receipt: { $in: found.map(({ receipt }) => receipt) } };
    const gone = await reach(() => removals.letters(removal, these, "_id_", found.length));
    totals.deadLetters += gone;
    return found.length - gone;
  };

  const passLetters = async (isConcerned: (one: FoundLetter) => boolean): Promise<number> => {
    let left = 0;
    let after: Binary | undefined;
    while (tenure.mayGoOn()) {
      const page = await reach(() => nextLetters(store, tenantId, userId, after, SLICE));
      left += await removeLetters(page.filter(isConcerned));
      after = page.at(-1)?._id;
      if (page.length < SLICE) break;
    }
    for (after = undefined; tenure.mayGoOn(); ) {
      const startedAt = performance.now();
      const { last, own } = await reach(() => nextUnknownLetters(store, tenantId, userId, after, SLICE));
      left += await removeLetters(own.filter(isConcerned));
      if (!last) break;
      after = last;
      await breathe(startedAt);
    }
    return left;
  };

  return {
    totals: () => totals,
    /** Waits until everything up to the erasure's place is settled. @returns false: to be left */
    async settledUpTo({ upTo }: ErasureDocument): Promise<boolean> {
      while (tenure.mayGoOn()) {
        if (isSettled(await places.unsettled(), upTo)) {
          await tell(undefined);
          return true;
        }
        await tell("events that were accepted before, and are on their way to the store");
        await sleep(POLL_MS);
      }
      return false;
    },
    /** Before the first event goes: which exported parts may hold some of them. */
    async rememberSpans(): Promise<void> {
      if (cursor.spans) return;
      cursor = { spans: await reach(() => spansOf(store, tenantId, userId)) };
      await advance();
    },
    /** Letters first: what a replay has in hand may still become an event. @returns how much is left */
    async pass({ upTo, at: asked }: ErasureDocument): Promise<number> {
      const isConcerned = (one: FoundEvent | FoundLetter): boolean => isUpTo(acceptedOf(one), upTo, asked.getTime());
      const letters = await passLetters(isConcerned);
      await passEvents(isConcerned);
      if (tenure.mayGoOn()) await advance();
      return letters;
    },
    async listParts(): Promise<void> {
      const { locations, more } = await reach(() => partsHolding(store, tenantId, cursor.spans ?? [], MOST_PARTS));
      if (locations.length > 0) report = { ...report, exportedParts: locations, ...(more > 0 ? { moreExportedParts: more } : {}) };
      await advance();
    },
    async leave(waitingFor?: string): Promise<Ending> {
      if (tenure.held()) await tell(waitingFor);
      return { kind: "left" };
    },
  };
}

function isSettled(unsettled: Awaited<ReturnType<Places["unsettled"]>>, upTo: readonly string[]): boolean {
  return unsettled.every(({ firstId, oldestRetryMs }, p) => {
    const last = upTo[p] ?? "0-0";
    const isBehind = firstId === undefined || compareIds(firstId, last) > 0;
    return isBehind && (oldestRetryMs === undefined || oldestRetryMs > Number.parseInt(last, 10));
  });
}

function acceptedOf({ entry, acceptedAt, receivedAt }: Pick<FoundEvent, "entry" | "acceptedAt" | "receivedAt">): Accepted {
  return { entry, acceptedAtMs: acceptedAt?.getTime(), receivedAtMs: receivedAt.getTime() };
}

/** What Redis may remember of an event. One that was deduplicated by its content alone is not found by its name: that ages out. */
function acceptancesOf(tenantId: string, { eventId, receipt }: FoundEvent): { identity: string; receipt: Uint8Array }[] {
  return identitiesOf(tenantId, eventId).map((identity) => ({ identity, receipt: receipt.buffer }));
}
