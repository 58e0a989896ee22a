import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { beginUnit, type UnitPart } from "../../src/export/unit.js";
import { connectStore, type Store } from "../../src/store/mongo.js";
import { exactJson, payloadOf, type ReadRow, readByDuckDb, readByPyarrow } from "../support/parquet.js";
import { findPython, type Python } from "../support/python.js";
import { type Stack, startStack } from "../support/stack.js";
import { newSender, type Sending, settledSoon } from "./sending-fixture.js";

let stack: Stack;
let store: Store;
let sender: Sending;
let python: Python | string;
const folder = mkdtempSync(join(tmpdir(), "streamforge-export-"));

beforeAll(async () => {
  [stack, python] = await Promise.all([startStack(), findPython()]);
  store = await connectStore(loadConfig(stack.env), "export-test");
  sender = await newSender(stack);
});
afterAll(async () => {
  await store?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ORDER = {
  type: "object",
  properties: {
    amount: { type: "number" },
    count: { type: "integer" },
    currency: { type: ["string", "null"] },
    paid: { type: "boolean" },
    note: {},
    address: { type: "object", properties: { street: { type: "string" }, geo: { $ref: "#/$defs/geo" } } },
    tags: { type: "array", items: { type: "string" } },
    lines: { type: "array", items: { type: "object", properties: { sku: { type: "string" }, qty: { type: "integer" } } } },
    matrix: { type: "array", items: { type: "array", items: { type: "number" } } },
  },
  $defs: { geo: { type: "object", properties: { lat: { type: "number" }, lon: { type: "number" } } } },
};

/** Payloads as JSON text: what a parse loses would be lost on both sides of a comparison. */
const PAYLOADS = [
  '{"amount":12.5,"count":3,"currency":"EUR","paid":true,"note":{"any":["thing",1,null]}}',
  '{"amount":0.1234567890123456789,"count":9223372036854775807}',
  '{"amount":1e400,"count":9223372036854775808}',
  '{"amount":-0,"count":-9223372036854775808}',
  '{"amount":12345678901234567890,"count":1.0,"other":12345678901234567890.10}',
  '{"amount":1.10,"count":1e3}',
  '{"amount":5e-324,"count":-0}',
  '{"amount":null,"currency":null,"address":null,"tags":null}',
  '{"address":{"street":"Unter den Linden","geo":{"lat":52.517,"lon":13.4},"more":[1]},"extra":"kept"}',
  '{"address":{},"tags":[],"lines":[],"matrix":[[]]}',
  '{"tags":["a",null,"ü €"],"lines":[{"sku":"a","qty":1},{"sku":"b"}],"matrix":[[1,2.5],[],[3]]}',
  '{"lines":[{"sku":"a","qty":1,"more":true},{"sku":null}],"matrix":[[1],null,[1e400]]}',
  '{"tags":"none","lines":{"sku":"a"},"address":[1],"paid":"yes","currency":7}',
  '{"currency":"\\u0000 and \\ud83d\\ude00","tags":["\\ud800"]}',
  '{"amount":1,"amount":2,"address":{"street":"a","street":"b"}}',
  '{"__proto__":{"a":1},"constructor":1,"toString":"x","":"empty"}',
  "{}",
  "[1,2,3]",
  '"text"',
  "12345678901234567890",
  "null",
];

async function sendAll(items: string[]): Promise<void> {
  const answer = await sender.post("/v1/events", `[${items.join(",")}]`);
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ accepted: items.length });
  await settledSoon(stack);
}

/** All events of the tenant into parts, laid out as an export does. */
async function exportAll(schemas: Record<string, string>): Promise<{ root: string; parts: UnitPart[]; rows: number; counted: number }> {
  const root = mkdtempSync(join(folder, "root-"));
  const staging = join(folder, "staging");
  const selection = {
    tenantId: sender.tenantId,
    by: "occurredAt",
    fromMs: 0,
    toMs: Date.now() + 86_400_000,
    storedBeforeMs: Date.now() + 1_000,
  } as const;
  const unit = beginUnit(store.events, { selection, schemas, mostRows: 10, folder: staging });
  while (!(await unit.readPage()).ended);
  const { parts, rows } = await unit.finish();
  for (const { file, partition } of parts) {
    const path = join(root, partition, file);
    await mkdir(dirname(path), { recursive: true });
    renameSync(join(staging, file), path);
  }
  return { root, parts, rows, counted: await unit.count() };
}

test("every payload comes back as it was sent, by DuckDB and by pyarrow", async () => {
  const items = PAYLOADS.map((payload, i) => `{"eventId":"odd-${i}","eventType":"anything","payload":${payload}}`);
  await sendAll(items);

  // The tenant has no types, so that anything is stored: the columns hold for what was stored before its type had a schema.
  const { root, parts, rows, counted } = await exportAll({ anything: JSON.stringify(ORDER) });
  expect({ rows, counted }).toEqual({ rows: PAYLOADS.length, counted: PAYLOADS.length });
  expect(parts.reduce((sum, part) => sum + part.rows, 0)).toBe(rows);

  const readers: [string, ReadRow[]][] = [["DuckDB", await readByDuckDb(root)]];
  if (typeof python === "string") console.warn(`pyarrow was left out. ${python}`);
  else readers.push(["pyarrow", await readByPyarrow(python, root)]);
  for (const [reader, found] of readers) {
    expect(found, reader).toHaveLength(PAYLOADS.length);
    for (const [i, payload] of PAYLOADS.entries()) {
      const row = found.find(({ eventId }) => eventId === `odd-${i}`) as ReadRow;
      expect(payloadOf(row), `${reader}: ${payload}`).toEqual(exactJson(payload));
    }
  }
  const [, rowsByDuckDb] = readers[0] as [string, ReadRow[]];
  const row = (i: number) => rowsByDuckDb.find(({ eventId }) => eventId === `odd-${i}`) as ReadRow;
  expect(row(0)).toMatchObject({ payload: { amount: "#12.5", count: "#3", currency: "EUR", paid: true } });
  expect(row(1)).toMatchObject({ payload: { count: "#9223372036854775807" }, payloadJson: '{"amount":0.1234567890123456789}' });
  expect(row(2)).toMatchObject({ payloadJson: '{"amount":1e400,"count":9223372036854775808}' });
  expect(row(10)).toMatchObject({ payload: { lines: [{ sku: "a", qty: "#1" }, { sku: "b" }], matrix: [["#1", "#2.5"], [], ["#3"]] } });
  expect(row(14)).toMatchObject({ payloadJson: PAYLOADS[14] });
});
