import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo } from "@streamforge/infrastructure/local";
import { Binary } from "mongodb";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { discardLetters } from "../../src/dead-letters/discard.js";
import { createLetterStore } from "../../src/dead-letters/letters.js";
import type { ReplayJob } from "../../src/replay/job.js";
import { lettersOf } from "../../src/replay/job-filter.js";
import { createReplayLetters } from "../../src/replay/letters.js";
import { type LetterPipeline, type Run, replayLetters } from "../../src/replay/replay-letters.js";
import { readContents } from "../../src/store/contents.js";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { createErasureWatch } from "../../src/store/erasure-watch.js";
import { createEventStore } from "../../src/store/events.js";
import { connectStore, ensureIndexes, type Store } from "../../src/store/mongo.js";
import { NO_TRACES } from "../../src/telemetry/traces.js";
import { createLetterPipeline } from "../../src/worker/replay-lane.js";
import { hourOf, inAnotherHour, letterOf } from "./replay-fixture.js";

/** What comes between two steps of a replay: here it comes exactly then. A real MongoDB; the lease is always held. */
let dataDir: string;
let server: LocalServer;
let store: Store;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-races-"));
  server = await startMongo({ dataDir: join(dataDir, "mongodb") });
  store = await connectStore(loadConfig({ MONGODB_URI: server.url }), "test");
  await ensureIndexes(store);
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const JOB = "6e1c1d9e-0000-4000-8000-000000000001";
const IN_HAND = { status: "replaying", replay: { id: JOB, at: new Date() } } as const;
let tenantId = "";
let tenants = 0;
beforeEach(() => {
  tenantId = `races-${tenants++}`;
});

async function die(more: Partial<DeadLetterDocument> = {}): Promise<DeadLetterDocument> {
  const letter = letterOf(tenantId, "e-1", false, {}, more, 1);
  await store.deadLetters.insertOne(letter);
  return letter;
}

/** The event of a letter, as a replay stores it; with an entry as live traffic does. */
async function storeEvent(letter: DeadLetterDocument, more: { entry?: string } = {}): Promise<void> {
  const { entry: _, ...event } = inAnotherHour(letter);
  await store.events.insertOne({ ...event, _id: letter.eventDocId, hash: letter.hash, receipt: letter.receipt, ...more });
}

/** The same body was accepted once more, and died. */
async function dieAgain(letter: DeadLetterDocument): Promise<void> {
  await createLetterStore(store).write([{ ...letter, receipt: new Binary(randomBytes(8)), lastFailedAt: new Date() }]);
}

/** Runs a job from where it was left. */
async function replay(job: Partial<ReplayJob> = {}, change: (pipeline: LetterPipeline) => Partial<LetterPipeline> = () => ({})) {
  const whole: ReplayJob = {
    id: JOB,
    tenantId,
    source: "DLQ",
    mode: "reprocess",
    status: "running",
    selector: {},
    patch: null,
    ratePerSecond: 500,
    limit: null,
    selected: 1,
    processed: 0,
    outcomes: {},
    report: {},
    cursor: null,
    createdByName: "olga@test",
    createdAt: new Date(),
    ...job,
  };
  const letters = createReplayLetters(store);
  const events = createEventStore(store);
  const pipeline = createLetterPipeline({
    events,
    contents: (wanted) => readContents(store, wanted, 10_000),
    letters,
    erasures: await createErasureWatch({ db: store.db, onError: () => {} }),
    checkTypes: () => {},
    shapes: { ready: async () => {}, shapeOf: () => undefined },
    maxEventBytes: 262_144,
    traces: NO_TRACES,
    maxDepth: 64,
  });
  const run: Run = {
    job: whole,
    replayer: { id: whole.id, by: whole.createdByName, worker: "w" },
    plan: lettersOf(whole),
    letters,
    pipeline: { ...pipeline, ...change(pipeline) },
    tenure: { held: () => true, mayGoOn: () => whole.status === "running", advance: async () => {}, end: () => {} },
    reach: (operation) => operation(),
    live: { busy: () => false, lagMs: () => 0 },
  };
  await replayLetters(run);
  return (await store.deadLetters.findOne({ tenantId })) as DeadLetterDocument;
}

test("a corrected body is stored after the look, and before its letter is given back: superseded", async () => {
  const letter = await die(IN_HAND);
  const found = await replay({ status: "paused" }, ({ findStored }) => ({
    async findStored(letters) {
      const before = await findStored(letters);
      const corrected = inAnotherHour(letter);
      await store.eventHours.insertOne(hourOf(corrected));
      await store.events.insertOne(corrected);
      await createLetterStore(store).supersede([{ tenantId, eventId: letter.eventId, receipt: corrected.receipt.buffer }]);
      return before;
    },
  }));
  expect(found.status).toBe("superseded");
});

test("nothing is stored when it is given back: open again, and free for any replay", async () => {
  await die(IN_HAND);
  const found = await replay({ status: "cancelled" });
  expect(found.status).toBe("open");
  expect(found.replay).toBeUndefined();
});

test("it stored the event and was killed, and meanwhile the same body died once more: stored by the replay", async () => {
  const letter = await die(IN_HAND);
  await storeEvent(letter);
  await dieAgain(letter);
  expect(await replay()).toMatchObject({ status: "resolved", deaths: 2, replay: { outcome: "stored" } });
});

test("the same with a body that live traffic stored: it was there already", async () => {
  const letter = await die(IN_HAND);
  await storeEvent(letter, { entry: "0/1-0" });
  await dieAgain(letter);
  expect(await replay()).toMatchObject({ status: "resolved", replay: { outcome: "already-stored" } });
});

test("what was being tried alone when its worker died was stored before that: stored, and not to blame", async () => {
  const letter = await die(IN_HAND);
  await storeEvent(letter);
  const cursor = { deaths: 3, suspect: letter._id.toString("hex") };
  expect(await replay({ cursor })).toMatchObject({ status: "resolved", attempts: 1, replay: { outcome: "stored" } });
});

test("what was being tried alone is to blame when three workers died with it, and is tried again before, or when one only lost its lease", async () => {
  const letter = await die(IN_HAND);
  const cursor = { deaths: 3, suspect: letter._id.toString("hex") };
  expect(await replay({ cursor: { ...cursor, deaths: 4, by: "w" } })).toMatchObject({ status: "resolved", replay: { outcome: "stored" } });
  const again = async () => {
    await store.events.deleteMany({ tenantId });
    await store.deadLetters.updateOne({ _id: letter._id }, { $set: { ...IN_HAND } });
  };
  await again();
  expect(await replay({ cursor: { ...cursor, suspectDeaths: 1, by: "another" } })).toMatchObject({ status: "resolved" });
  await again();
  const blamed = { status: "open", reasonCode: "UNPROCESSABLE", replay: { outcome: "failed" } };
  expect(await replay({ cursor: { ...cursor, suspectDeaths: 2, by: "another" } })).toMatchObject(blamed);
});

test("a replay had stored it, the body died again, and its worker died before it took that back: still stored by a replay", async () => {
  const resolved = { status: "resolved", replay: { id: "another", outcome: "stored", at: new Date() } } as const;
  const letter = await die(resolved);
  await storeEvent(letter);
  await dieAgain(letter);
  const actor = { kind: "user", id: "u", name: "olga@test" } as const;
  expect(await discardLetters(store, tenantId, { all: true, reason: "in between" }, actor)).toMatchObject({ discarded: 0 });
  expect(await replay({ createdAt: new Date(Date.now() + 1_000) })).toMatchObject({
    status: "resolved",
    replay: { id: JOB, outcome: "stored" },
  });
  expect(Buffer.from((await store.events.findOne({ tenantId }))?.receipt.buffer ?? [])).toEqual(letter.receipt.buffer);
});
