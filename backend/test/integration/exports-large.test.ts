import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Binary, BSON } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import type { EventDocument } from "../../src/store/documents.js";
import { connectStore, type Store } from "../../src/store/mongo.js";
import { askForExport, checkedManifest, endOf } from "../support/exporting.js";
import { queryDuckDb } from "../support/parquet.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { admin } from "./sending-fixture.js";

/** The long form: `EXPORT_ROWS=3000000 npm test -- integration backend/test/integration/exports-large.test.ts`. */
const ROWS = Number(process.env.EXPORT_ROWS ?? 20_000);
const MOST_MB = 500;
const TENANT = "large";
const START = Date.UTC(2026, 2, 1);
/** Spread over three days, whatever the count. */
const STEP_MS = (3 * 86_400_000) / ROWS;

let stack: Stack;
let store: Store;
const folder = mkdtempSync(join(tmpdir(), "streamforge-large-"));

beforeAll(async () => {
  stack = await startStack({ env: { EXPORT_DIR: folder } });
  store = await connectStore(loadConfig({ ...stack.env, MONGO_TIMEOUT_MS: "60000", CLAIM_IDLE_MS: "90000" }), "export-large");
});
afterAll(async () => {
  await store?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SALE = {
  type: "object",
  properties: {
    amount: { type: "number" },
    quantity: { type: "integer" },
    currency: { type: "string" },
    address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } },
    lines: { type: "array", items: { type: "object", properties: { sku: { type: "string" }, price: { type: "number" } } } },
  },
};

/** A document as a worker stores it. */
function documentOf(i: number): EventDocument {
  const occurredAt = new Date(START + Math.floor(i * STEP_MS));
  const digest = createHash("md5").update(String(i)).digest();
  // As an id begins with the hour.
  digest.writeUIntBE(Math.floor(occurredAt.getTime() / 3_600_000) * 3_600_000, 0, 6);
  return {
    _id: new Binary(digest, Binary.SUBTYPE_UUID),
    tenantId: TENANT,
    eventId: `event-${i}`,
    eventType: i % 10 === 0 ? "REFUND" : "SALE",
    userId: `user-${i % 5_000}`,
    source: "shop",
    occurredAt,
    payload: {
      amount: i / 100,
      quantity: i % 7,
      currency: "EUR",
      address: { street: `Street ${i % 1_000}`, city: "Berlin" },
      lines: [
        { sku: `sku-${i % 500}`, price: (i % 90) + 0.5 },
        { sku: "bag", price: 0.1 },
      ],
      note: `number ${i}`,
    },
    correlationId: digest.toString("hex"),
    receivedAt: occurredAt,
    storedAt: occurredAt,
    receipt: new Binary(digest.subarray(0, 8)),
    hash: new Binary(digest.subarray(8)),
    entry: `0/${occurredAt.getTime()}-0`,
  };
}

test(`${ROWS} events: all of them once, in bounded memory`, { timeout: patience(60_000) + ROWS * 1.5 }, async () => {
  const registered = { tenantId: TENANT, type: "SALE", version: 1, schema: SALE };
  expect((await admin(stack, "POST", "/v1/admin/tenants", { tenantId: TENANT, name: "large" })).status).toBe(201);
  expect((await admin(stack, "POST", "/v1/admin/event-types", registered)).status).toBe(201);
  for (let from = 0; from < ROWS; from += 5_000)
    await store.events.insertMany(
      Array.from({ length: Math.min(5_000, ROWS - from) }, (_, i) => documentOf(from + i)),
      { ordered: false },
    );

  const plain = await readPlainly();
  const startedAt = performance.now();
  const wanted = { tenantId: TENANT, from: new Date(START).toISOString(), to: new Date(START + 3 * 86_400_000).toISOString() };
  const job = await endOf(stack, await askForExport(stack, wanted), 60_000 + ROWS);
  const seconds = (performance.now() - startedAt) / 1_000;
  expect(job, JSON.stringify(job)).toMatchObject({ status: "completed", outcome: { exported: ROWS }, progress: { selected: ROWS } });
  const peakMb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${stack.worker.pid()}/status`, "utf8"))?.[1]) / 1_024;
  const manifest = checkedManifest(String(job.report.location));
  console.log(
    `${ROWS} events: ${Math.round(ROWS / seconds)} rows/s in ${manifest.parts.length} parts of ${Math.round(manifest.bytes / 1e6)} MB; ` +
      `reading the same documents alone ${Math.round(plain)} rows/s; the worker's largest memory ${Math.round(peakMb)} MB`,
  );
  expect(peakMb).toBeLessThan(MOST_MB);

  const [sums] = await queryDuckDb(
    `SELECT count(*) AS rows, count(DISTINCT eventId) AS ids, sum(payload.quantity) AS quantity, count(*) FILTER (eventType = 'SALE') AS sales
     FROM read_parquet('${String(job.report.location)}/**/*.parquet', union_by_name = true)`,
  );
  let quantity = 0;
  for (let i = 0; i < ROWS; i++) if (i % 10 !== 0) quantity += i % 7;
  expect(sums).toMatchObject({
    rows: BigInt(ROWS),
    ids: BigInt(ROWS),
    quantity: BigInt(quantity),
    sales: BigInt(ROWS - Math.ceil(ROWS / 10)),
  });
});

/** What reading costs without writing: the same documents, read in order and made into objects. @returns rows a second */
async function readPlainly(): Promise<number> {
  const startedAt = performance.now();
  let rows = 0;
  const cursor = store.events.find<Uint8Array>({ tenantId: TENANT } as never, {
    sort: { occurredAt: 1, _id: 1 },
    hint: "tenant_time",
    batchSize: 2_000,
    raw: true,
  });
  for await (const document of cursor) {
    BSON.deserialize(document as Uint8Array);
    rows++;
  }
  expect(rows).toBe(ROWS);
  return rows / ((performance.now() - startedAt) / 1_000);
}
