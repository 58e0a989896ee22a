import { Buffer } from "node:buffer";
import { fingerprintOf } from "../dead-letters/letters.js";
import { readItem } from "../ingest/decode/item.js";
import { readText } from "../ingest/decode/read-text.js";
import { normalize } from "../ingest/normalize.js";
import type { Decision, Foreseen, Review } from "../replay/decision.js";
import type { ReplayJob } from "../replay/job.js";
import { type ReplayLetters, sameBytes } from "../replay/letters.js";
import { applyPatch, PatchError, readPatch } from "../replay/patch.js";
import type { LetterPipeline, ReplayPoint } from "../replay/replay-letters.js";
import type { Contents } from "../store/contents.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";
import type { ErasureWatch } from "../store/erasure-watch.js";
import { type EventStore, Proofs } from "../store/events.js";
import type { Traces } from "../telemetry/traces.js";
import { type Batch, pipeline, type Step, undecided, type WorkEvent } from "./batch.js";
import { asSpan, bulkAttributes, tracedReplay } from "./batch-trace.js";
import { batchOf, recordOfEvent, recordOfLetter, textOfLetter, workOf } from "./loose-events.js";
import { classify } from "./steps/classify.js";
import { acceptedOfStored, ERASED, leaveOut } from "./steps/erased.js";
import { bsonFlaw, storeMany } from "./steps/store-many.js";
import { type Shapes, toDocuments } from "./steps/to-document.js";

export interface LaneParts {
  events: EventStore;
  contents: Contents;
  letters: Pick<ReplayLetters, "receivedAt" | "supersedeOlder" | "overtaken">;
  erasures: ErasureWatch;
  /** The types' check, as in the pipeline of live events. */
  checkTypes: Step;
  shapes: Shapes;
  maxEventBytes: number;
  maxDepth: number;
  traces: Traces;
  touch?: (event: WorkEvent) => void;
  at?: (point: ReplayPoint) => void;
}

/** What is stored of the events of some letters. */
interface Found {
  /** Under their own ids, by id in hex. */
  proofs: Proofs;
  /** Letters (hex) that are newer than the other body that is stored under their identity: that one does not supersede them. */
  newer: Set<string>;
  /** Letters (hex) with a corrected body in another hour. */
  overtaken: Set<string>;
}

/** A letter on its way through the steps of the pipeline. */
interface Replayed {
  letter: DeadLetterDocument;
  /** The event as it is tried: as sent, or patched. */
  text: string;
  work: WorkEvent | undefined;
  flaw: string | undefined;
}

/** The way of a replayed letter: the same steps as a live event's, without the stream behind them. */
export function createLetterPipeline(parts: LaneParts): LetterPipeline {
  const { events, contents, checkTypes, letters } = parts;
  const point = (name: ReplayPoint) => () => parts.at?.(name);
  const look = pipeline(toDocuments(parts.shapes, parts.touch), checkTypes, refuseUnstorable());
  const store = pipeline(
    toDocuments(parts.shapes, parts.touch),
    leaveOut(parts.erasures),
    checkTypes,
    markPatched(),
    point("replay-before-write"),
    asSpan("insert events", bulkAttributes, storeMany(events)),
    point("replay-after-write"),
    classify(events, contents),
  );

  return {
    async reprocess(job, batch, trace) {
      const replayed = batch.map((letter) => prepare(parts, job, letter));
      const startedAt = performance.now();
      const overtaken = await letters.overtaken(batch);
      await run(
        replayed.filter(({ letter }) => !overtaken.has(letter._id.toString("hex"))),
        tracedReplay(parts.traces, trace, store),
      );
      const found = await lookUp(
        replayed.filter(({ work }) => work?.outcome?.kind !== "stored"),
        overtaken,
      );
      const durationMs = Math.ceil(performance.now() - startedAt);
      return replayed.flatMap((one) => decisionOf(one, found)).map((decision) => ({ ...decision, durationMs }));
    },

    async foresee(job, batch) {
      const replayed = batch.map((letter) => prepare(parts, job, letter));
      await run(replayed, look);
      const found = await lookUp(replayed, await letters.overtaken(batch));
      return replayed.flatMap((one): Foreseen[] => {
        // A patch is one of the JSON that was read, whatever was sent.
        const before = one.work?.patched ? jsonOf(one.letter) : textOfLetter(one.letter);
        return decisionOf(one, found).map((decision) => ({ ...decision, before, after: one.text, claimed: false }));
      });
    },

    async findStored(batch) {
      const replayed = batch.map((letter): Replayed => ({ letter, text: textOfLetter(letter), work: undefined, flaw: undefined }));
      const found = await lookUp(replayed, await letters.overtaken(batch));
      return replayed.flatMap(({ letter }) => byStored(letter, found) ?? []);
    },

    async conclude(job, eventIds) {
      if (eventIds.length > 0) await letters.supersedeOlder(job.tenantId, eventIds);
    },
  };

  async function lookUp(replayed: Replayed[], overtaken: Set<string>): Promise<Found> {
    const proofs = replayed.length === 0 ? new Proofs() : await events.proofs(replayed.map(({ letter }) => letter.eventDocId));
    return { proofs, newer: await storedBefore(replayed, proofs), overtaken };
  }

  async function storedBefore(replayed: Replayed[], proofs: Proofs): Promise<Set<string>> {
    const others = replayed.filter(({ letter }) => {
      const proof = proofs.of(letter.eventDocId.toString("hex"), letter);
      return proof !== undefined && !sameBytes(proof.hash, letter.hash);
    });
    if (others.length === 0) return new Set();
    const received = await letters.receivedAt(others.map(({ letter }) => letter.eventDocId));
    return new Set(
      others
        .filter(({ letter }) => (received.get(letter.eventDocId.toString("hex")) ?? letter.receivedAt) < letter.receivedAt)
        .map(({ letter }) => letter._id.toString("hex")),
    );
  }
}

/** Stored events looked at again: what the steps say of them now, and which derived fields differ. */
export function createReview({
  checkTypes,
  shapes,
  touch,
}: Pick<LaneParts, "checkTypes" | "shapes" | "touch">): (events: EventDocument[]) => Promise<Review[]> {
  const look = pipeline(toDocuments(shapes, touch), checkTypes);
  return async (stored) => {
    const works = stored.map((document) => workOf(recordOfEvent(document)));
    await look(batchOf(works));
    return works.map(({ outcome, document }, index): Review => {
      const event = stored[index] as EventDocument;
      const about = { id: event._id.toString("hex"), eventId: event.eventId };
      if (outcome?.kind === "dead") return { ...about, failure: { code: outcome.reason, message: outcome.message } };
      if (document?.typeVersion === event.typeVersion) return about;
      return { ...about, change: { typeVersion: document?.typeVersion ?? null } };
    });
  };
}

/** @throws Error when it cannot be read */
function jsonOf({ format, raw }: DeadLetterDocument): string {
  return readText(format ?? "json", raw).json;
}

function prepare({ maxEventBytes, maxDepth }: LaneParts, job: ReplayJob, letter: DeadLetterDocument): Replayed {
  const sent = textOfLetter(letter);
  if (job.patch === null) return { letter, text: sent, work: unpatched(letter, maxEventBytes, maxDepth), flaw: undefined };
  let work: WorkEvent;
  try {
    const text = applyPatch(jsonOf(letter), readPatch(job.patch), maxEventBytes);
    work = workOf(recordOfLetter(letter, text), acceptedOfStored(letter));
    refuseUnfit("the patched event", work.record, maxEventBytes, maxDepth);
  } catch (error) {
    // Whatever it is, it concerns this letter alone.
    return { letter, text: sent, work: undefined, flaw: `the patch does not apply: ${(error as Error).message}` };
  }
  // What the patch left of XML are texts still.
  if (letter.format === "xml") work.texts = true;
  work.patched = { replayId: job.id, by: job.createdByName, from: letter._id.toString("hex") };
  return { letter, text: work.record.text, work, flaw: undefined };
}

/** What could not be read as an event when it came is judged anew: the limits may be others now. */
function unpatched(letter: DeadLetterDocument, maxEventBytes: number, maxDepth: number): WorkEvent {
  const work = workOf(recordOfLetter(letter), acceptedOfStored(letter));
  if (letter.format !== "bytes") return work;
  try {
    refuseUnfit("the message", work.record, maxEventBytes, maxDepth);
  } catch (error) {
    work.outcome = { kind: "dead", reason: "INVALID_EVENT", message: (error as Error).message };
  }
  return work;
}

/** What sending refuses, a patch cannot write: the patched event passes the same checks as when it came in. @throws PatchError */
function refuseUnfit(what: string, { text, context, receivedAtMs }: WorkEvent["record"], maxEventBytes: number, maxDepth: number): void {
  const parsed = readItem("json", Buffer.from(text), { maxEventBytes, maxDepth });
  if (parsed.kind === "rejected") throw new PatchError(`${what} ${parsed.detail}`);
  const normal = normalize(parsed.value, parsed.json, context.defaultType, receivedAtMs);
  if (Array.isArray(normal)) throw new PatchError(`of ${what} ${normal.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ")}`);
}

async function run(replayed: Replayed[], steps: (batch: Batch) => Promise<void>): Promise<void> {
  const works = replayed.flatMap(({ work }) => work ?? []);
  if (works.length > 0) await steps(batchOf(works));
}

/** What became of one letter; none when nothing is known yet. */
function decisionOf(replayed: Replayed, found: Found): Decision[] {
  const { letter, work, flaw } = replayed;
  const about = aboutOf(letter);
  if (work?.past) return [{ ...about, outcome: "failed", message: ERASED }];
  const outcome = work?.outcome;
  if (outcome?.kind === "stored") return [{ ...about, outcome: "stored" }];
  const stored = byStored(letter, found);
  // The same content in another spelling is stored.
  if (outcome?.kind === "duplicate" && !stored?.outcome.startsWith("stored")) return [{ ...about, outcome: "already-stored" }];
  if (stored && !found.newer.has(about.id)) return [stored];
  if (stored) return [failed(letter, work, "IDENTITY_CONFLICT", "an older body of this event is stored; nothing was overwritten")];
  if (flaw !== undefined) return [{ ...about, outcome: "failed", code: "PATCH_FAILED", message: flaw }];
  if (outcome?.kind === "dead") return [failed(letter, work, outcome.reason, outcome.message)];
  if (outcome?.kind === "again") return outcome.blamed ? [failed(letter, work, "RETRY_EXHAUSTED", `replayed: ${outcome.message}`)] : [];
  // A dry run that found nothing wrong; in a replay every event has an outcome by now.
  return outcome === undefined ? [{ ...about, outcome: "stored" }] : [];
}

/** What is stored under a letter's identity decides before anything else. */
function byStored(letter: DeadLetterDocument, { proofs, overtaken }: Found): Decision | undefined {
  const about = aboutOf(letter);
  const proof = proofs.of(letter.eventDocId.toString("hex"), letter);
  if (!proof)
    return overtaken.has(about.id) ? { ...about, outcome: "superseded", message: "another body of this event is stored" } : undefined;
  const isSame = sameBytes(proof.hash, letter.hash);
  // Its receipt may be another one by now: the same body died once more while a replay stored it, or after that.
  if (sameBytes(proof.receipt, letter.receipt) || (isSame && proof.byReplay)) return { ...about, outcome: "stored" };
  if (isSame) return { ...about, outcome: "already-stored" };
  if (letter.reasonCode !== "IDENTITY_CONFLICT")
    return { ...about, outcome: "superseded", message: "another body of this event is stored" };
  return failed(letter, undefined, "IDENTITY_CONFLICT", "another event with this identity is stored");
}

function failed(
  letter: DeadLetterDocument,
  work: WorkEvent | undefined,
  code: DeadLetterDocument["reasonCode"],
  message: string,
): Decision {
  const fingerprint = fingerprintOf(code, work?.event?.eventType ?? letter.eventType, message);
  const failures = code === "SCHEMA_INVALID" ? work?.failures : undefined;
  return { ...aboutOf(letter), outcome: "failed", code, message, fingerprint, ...(failures ? { failures } : {}) };
}

function aboutOf(letter: DeadLetterDocument) {
  return { id: letter._id.toString("hex"), eventId: letter.eventId, claimed: true };
}

/** What is stored of a patched event says so, and where the event as it was sent is kept. */
function markPatched(): Step {
  return function markPatchedDocuments(batch) {
    for (const { document, patched } of batch.events) if (document && patched) document.patched = patched;
  };
}

/** For a dry run: what `storeMany` would find out by trying. */
function refuseUnstorable(): Step {
  return function findUnstorable(batch) {
    for (const event of undecided(batch)) {
      const flaw = event.document && bsonFlaw(event.document);
      if (flaw) event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message: flaw };
    }
  };
}
