import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo } from "@streamforge/infrastructure/local";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { ledgerCollection } from "../../src/ledger/archive.js";
import { totalsCollection } from "../../src/ledger/samples.js";
import { createVerifier, type Verifier } from "../../src/ledger/verify.js";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { connectStore, ensureIndexes, type Store } from "../../src/store/mongo.js";
import { inAnotherHour, letterOf } from "./replay-fixture.js";

/** The independent count, and dead letters whose events are documents: one event that the ledger has as dead, and that is stored. */
let dataDir: string;
let server: LocalServer;
let store: Store;
let verifier: Verifier;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-letters-"));
  server = await startMongo({ dataDir: join(dataDir, "mongodb") });
  store = await connectStore(loadConfig({ MONGODB_URI: server.url }), "test");
  await ensureIndexes(store);
  verifier = createVerifier({ db: store.db, name: "test", onError: (error) => console.error(error), everyMs: 3_600_000 });
});
afterAll(async () => {
  verifier?.close();
  await store?.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const name of ["events", "events_dlq", "ledger"]) await store.db.collection(name).deleteMany({});
});

const HOUR_AGO = new Date(Date.now() - 3_600_000);

async function countWith(letter: Partial<DeadLetterDocument>) {
  const dead = letterOf("acme", "e-1", false, {}, { receivedAt: HOUR_AGO, ...letter }, 1);
  await store.deadLetters.insertOne(dead);
  await store.events.insertOne({ ...inAnotherHour(dead), _id: dead.eventDocId, receivedAt: HOUR_AGO });
  const minute = Math.floor(HOUR_AGO.getTime() / 60_000);
  const counts = { accepted: 1, stored: 0, dead: 1, duplicate: 0, missing: 0, unacknowledged: 0 };
  await ledgerCollection(store.db).updateOne(
    { _id: `${minute}:acme` },
    { $set: { minute, tenantId: "acme", ...counts } },
    { upsert: true },
  );
  const copied = { closedUntil: new Date(HOUR_AGO.getTime() + 1_800_000), accepted: [], epoch: "e", at: new Date() };
  await totalsCollection(store.db).updateOne({ _id: "copied" }, { $set: copied }, { upsert: true });
  return verifier.run("test");
}

test("a replay has the letter in hand, and has stored its event: no difference, however long it has had it", async () => {
  expect((await countWith({ status: "replaying", replay: { id: "r", at: HOUR_AGO } }))?.status).toBe("agrees");
});

test("a replay stored it: resolved", async () => {
  const letter = { status: "resolved", replay: { id: "r", outcome: "stored", at: HOUR_AGO } } as const;
  expect(await countWith(letter)).toMatchObject({ status: "agrees", resolved: 1 });
});

test("a worker that woke up late stored it: resolved", async () => {
  expect(await countWith({ status: "resolved", storedLate: true })).toMatchObject({ status: "agrees", resolved: 1 });
});

test("nobody accounts for it: it differs", async () => {
  expect((await countWith({ status: "open" }))?.status).toBe("differs");
  await store.deadLetters.deleteMany({});
  await store.events.deleteMany({});
  expect((await countWith({ status: "resolved", replay: { id: "r", outcome: "already-stored", at: HOUR_AGO } }))?.status).toBe("differs");
});
