import { request } from "node:http";
import { type Document, MongoClient, type OptionalId } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { connectStore, ensureIndexes } from "../../src/store/mongo.js";
import { sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { letterOf } from "./replay-fixture.js";

/**
 * What a client asked for ends in MongoDB when the client leaves. Each collection is made slow: a view of its name stands before it,
 * in which every document takes a while.
 */

const TENANT = "left-by-its-client";
const DOCUMENTS = 100;
const EACH_MS = 200;
/** Longer than any route waits for MongoDB: nothing here ends by itself. */
const ALL_MS = DOCUMENTS * EACH_MS;

let stack: Stack;
let mongo: MongoClient;
const db = () => mongo.db("streamforge");

beforeAll(async () => {
  // Nothing but a client that leaves closes a connection to MongoDB here.
  stack = await startStack({ workers: 0, env: { MONGO_TIMEOUT_MS: "60000", CLAIM_IDLE_MS: "90000" } });
  mongo = await new MongoClient(stack.mongo.adminUrl).connect();
  const store = await connectStore(loadConfig(stack.env), "test");
  await ensureIndexes(store);
  await store.close();
  await fill();
  for (const name of ["events", "events_dlq", "ledger"]) await slowDown(name);
  await db().command({ profile: 2, slowms: 0 });
}, patience(120_000));
afterAll(async () => {
  await mongo?.close();
  await stack?.stop();
});

async function fill(): Promise<void> {
  const letters = Array.from({ length: DOCUMENTS }, (_, n) => letterOf(TENANT, `e-${n}`, false, {}, { userId: "one" }, n));
  await db()
    .collection("events_dlq")
    .insertMany(letters as Document[] as OptionalId<Document>[]);
  const events = letters.map(({ _id, eventDocId, raw: _, lastFailedAt, ...rest }) => ({
    ...rest,
    _id: eventDocId,
    occurredAt: lastFailedAt,
  }));
  await db()
    .collection("events")
    .insertMany(events as Document[] as OptionalId<Document>[]);
  const minute = Math.floor(Date.now() / 60_000) - DOCUMENTS - 60;
  const counts = { accepted: 1, stored: 1, duplicate: 0, dead: 0 };
  const rows = Array.from({ length: DOCUMENTS }, (_, n) => ({
    ...{ _id: `${minute + n}:${TENANT}` as never, minute: minute + n, tenantId: TENANT, parts: { "0_": counts }, ...counts },
    ...{ missing: 0, unacknowledged: 0 },
  }));
  await db().collection("ledger").insertMany(rows);
}

async function slowDown(name: string): Promise<void> {
  await db().renameCollection(name, `real_${name}`);
  const wait = { body: `function () { sleep(${EACH_MS}); return true; }`, args: [], lang: "js" };
  await db().createCollection(name, { viewOn: `real_${name}`, pipeline: [{ $match: { $expr: { $function: wait } } }] });
}

const namesTenant = (operation: Document): boolean => JSON.stringify(operation.command ?? {}).includes(TENANT);

async function running(): Promise<number> {
  const operations = await mongo
    .db("admin")
    .aggregate([{ $currentOp: { allUsers: true } }, { $match: { active: true, ns: /^streamforge\./ } }])
    .toArray();
  return operations.filter(namesTenant).length;
}

/** How operations for the tenant ended that did not come to their end. */
async function errors(): Promise<string[]> {
  const found = await db()
    .collection("system.profile")
    .find({ errName: { $exists: true } })
    .toArray();
  return found.filter(namesTenant).map(({ errName }) => errName);
}

async function becomes(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + patience(ALL_MS);
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await sleep(20);
  }
}

const types = { tenantId: TENANT, type: "order.created", schema: { type: "object" } };
const everything = { tenantId: TENANT, all: true };

test.each<[string, string, object?]>([
  ["GET", `/v1/events?tenantId=${TENANT}&limit=500`],
  ["GET", `/v1/events?tenantId=${TENANT}&type=none`],
  ["GET", `/v1/events?tenantId=${TENANT}&userId=one&source=none`],
  ["GET", `/v1/admin/dlq?tenantId=${TENANT}&limit=500`],
  ["GET", `/v1/admin/dlq?tenantId=${TENANT}&q=order`],
  ["GET", `/v1/admin/dlq/counts?tenantId=${TENANT}`],
  ["GET", `/v1/admin/dlq/reasons?tenantId=${TENANT}`],
  ["GET", `/v1/admin/ledger?tenantId=${TENANT}&from=2020-01-01T00:00:00Z&limit=5000`],
  ["POST", "/v1/admin/event-types/check", types],
  ["POST", "/v1/admin/event-types", types],
  ["POST", "/v1/admin/event-types", { ...types, dryRun: true }],
  ["POST", "/v1/admin/dlq/retry", everything],
  ["POST", "/v1/admin/replay", { ...everything, status: "STORED", mode: "dry-run" }],
  ["POST", "/v1/admin/dlq/discard", { ...everything, reason: "in a test" }],
])(
  "%s %s ends with its client",
  async (method, path, body) => {
    const before = (await errors()).length;
    const headers = { "x-admin-token": stack.adminToken, ...(body ? { "content-type": "application/json" } : {}) };
    let answer = "";
    const asked = request(`${stack.apiUrl}${path}`, { method, headers }, (response) => {
      answer = `${response.statusCode} `;
      response.on("data", (chunk) => (answer += chunk));
    });
    asked.on("error", () => {});
    asked.end(body && JSON.stringify(body));
    await becomes(async () => answer !== "" || (await running()) > 0, "the operation");
    expect(answer, stack.api.output().slice(-1500)).toBe("");
    asked.destroy();
    await becomes(async () => (await running()) === 0, "its end");
    await becomes(async () => (await errors()).length > before, "what ended it");
    expect(new Set(await errors())).toEqual(new Set(["ClientDisconnect"]));
  },
  patience(3 * ALL_MS),
);
