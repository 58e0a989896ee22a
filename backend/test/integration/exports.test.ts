import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askForExport, checkedManifest, endOf } from "../support/exporting.js";
import { exactJson, payloadOf, type ReadRow, readByDuckDb, readByPyarrow } from "../support/parquet.js";
import { findPython, type Python } from "../support/python.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { admin, expectProblem, newSender, type Sending, settledSoon } from "./sending-fixture.js";

let stack: Stack;
let sender: Sending;
let python: Python | string;
const folder = mkdtempSync(join(tmpdir(), "streamforge-exports-"));

beforeAll(async () => {
  [stack, python] = await Promise.all([startStack({ env: { EXPORT_DIR: folder } }), findPython()]);
  sender = await newSender(stack);
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const DAY_MS = 86_400_000;
const from = new Date(Date.UTC(2026, 2, 1)).toISOString();
const to = new Date(Date.UTC(2026, 2, 4)).toISOString();

async function sendAll(items: string[]): Promise<void> {
  for (let at = 0; at < items.length; at += 1_000) {
    const slice = items.slice(at, at + 1_000);
    const answer = await sender.post("/v1/events", `[${slice.join(",")}]`);
    expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ accepted: slice.length });
  }
  await settledSoon(stack, patience(60_000));
}

/** Names that would be paths, globs, nulls or too long for a file system. */
const ODD_TYPES = [
  "../../../etc/passwd",
  "..",
  ".",
  "a/b\\c",
  "type=x",
  "%2F",
  "ünï côdé 😀",
  "__HIVE_DEFAULT_PARTITION__",
  "*?[a]",
  "x".repeat(200),
  "😀".repeat(200),
];

test("events of three days and many types: each value is in its place, and the manifest says what is there", async () => {
  const sale = {
    type: "object",
    properties: {
      amount: { type: "number" },
      lines: { type: "array", items: { type: "object", properties: { sku: { type: "string" } } } },
    },
  };
  expect(
    (await admin(stack, "POST", "/v1/admin/event-types", { tenantId: sender.tenantId, type: "SALE", version: 1, schema: sale })).status,
  ).toBe(201);
  // A tenant with types takes no others: the odd ones have schemas, too.
  for (const type of ODD_TYPES)
    expect(
      (await admin(stack, "POST", "/v1/admin/event-types", { tenantId: sender.tenantId, type, version: 1, schema: {} })).status,
      type,
    ).toBe(201);
  await new Promise((resolve) => setTimeout(resolve, 1_500));

  const sent = new Map<string, { item: string; type: string; payload: string; occurredAt: string }>();
  const add = (eventId: string, type: string, payload: string, occurredAtMs: number): void => {
    const occurredAt = new Date(occurredAtMs).toISOString();
    const item = `{"eventId":"${eventId}","eventType":${JSON.stringify(type)},"userId":"u-${sent.size % 7}","subject":"s","source":"test","occurredAt":"${occurredAt}","payload":${payload},"region":"eu","n":1.5}`;
    sent.set(eventId, { item, type, payload, occurredAt });
  };
  const start = Date.parse(from);
  for (let i = 0; i < 600; i++)
    add(`sale-${i}`, "SALE", `{"amount":${i}.25,"lines":[{"sku":"a${i}"}],"more":{"i":${i}}}`, start + Math.floor((i * 3 * DAY_MS) / 600));
  for (const [i, type] of ODD_TYPES.entries()) add(`odd-${i}`, type, `{"i":${i},"big":12345678901234567890123}`, start + i);
  const outside = [start - 1, start + 3 * DAY_MS].map(
    (at, i) => `{"eventId":"outside-${i}","eventType":"SALE","occurredAt":"${new Date(at).toISOString()}","payload":{}}`,
  );
  await sendAll([...[...sent.values()].map(({ item }) => item), ...outside]);

  const job = await endOf(stack, await askForExport(stack, { tenantId: sender.tenantId, from, to, target: "local" }));
  expect(job, JSON.stringify(job)).toMatchObject({ kind: "export", status: "completed", outcome: { exported: sent.size } });
  const root = String(job.report.location);
  expect(root.startsWith(folder)).toBe(true);
  const manifest = checkedManifest(root);
  expect(manifest).toMatchObject({ exportId: job.id, tenantId: sender.tenantId, rows: sent.size });
  expect(job.report).toMatchObject({ parts: manifest.parts.length, bytes: manifest.bytes, manifest: join(root, "_manifest.json") });
  for (const part of manifest.parts)
    expect(part.path).toMatch(/^tenant=[\w.-]+\/type=[^/]{1,230}\/date=2026-03-0[123]\/part-[\w-]+\.parquet$/);
  // Nothing is left of how they were made.
  expect(readdirSync(join(folder, ".staging"))).toEqual([]);

  const readers: [string, ReadRow[]][] = [["DuckDB", await readByDuckDb(root)]];
  if (typeof python === "string") console.warn(`pyarrow was left out. ${python}`);
  else readers.push(["pyarrow", await readByPyarrow(python, root)]);
  for (const [reader, rows] of readers) {
    expect(rows.length, reader).toBe(sent.size);
    expect(new Set(rows.map(({ eventId }) => eventId)).size, reader).toBe(sent.size);
    for (const row of rows) {
      const { type, payload, occurredAt } = sent.get(row.eventId as string) as { type: string; payload: string; occurredAt: string };
      expect({ type: row.eventType, occurredAt: row.occurredAt, payload: payloadOf(row) }, reader).toEqual({
        type,
        occurredAt,
        payload: exactJson(payload),
      });
      expect(row).toMatchObject({ tenantId: sender.tenantId, source: "test", subject: "s", extensionsJson: '{"region":"eu","n":1.5}' });
      if (reader === "DuckDB") expect(row.date).toBe(occurredAt.slice(0, 10));
    }
  }
  const [, byDuckDb] = readers[0] as [string, ReadRow[]];
  // Names that fit come back from the folders' names, too.
  for (const row of byDuckDb) if (String(row.eventType).length < 60) expect(row.type, String(row.eventType)).toBe(row.eventType);
});

test("one type of one day alone", async () => {
  const day = { from, to: new Date(Date.parse(from) + DAY_MS).toISOString(), type: "SALE" };
  const job = await endOf(stack, await askForExport(stack, { tenantId: sender.tenantId, ...day }));
  const rows = await readByDuckDb(String(job.report.location));
  expect(rows.length).toBe(job.outcome.exported);
  expect(rows.length).toBe(200);
  expect(new Set(rows.map((row) => `${row.eventType} ${row.date}`))).toEqual(new Set(["SALE 2026-03-01"]));
});

test("what is empty has a manifest that says so; what cannot be asked for is refused and says why", async () => {
  const empty = await endOf(
    stack,
    await askForExport(stack, { tenantId: sender.tenantId, from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z" }),
  );
  expect(empty).toMatchObject({ status: "completed", progress: { processed: 0, selected: 0 } });
  expect(checkedManifest(String(empty.report.location))).toMatchObject({ rows: 0, parts: [] });

  const ask = (body: object) => admin(stack, "POST", "/v1/admin/exports", { tenantId: sender.tenantId, from, to, ...body });
  const s3 = await ask({ target: "s3" });
  expectProblem(s3, 400, "invalid-request");
  expect(s3.body.errors).toEqual([{ pointer: "/target", detail: expect.stringContaining("EXPORT_S3_BUCKET") }]);
  expect((await ask({ from: to, to: from })).body.errors).toEqual([{ pointer: "/to", detail: "must be after from" }]);
  expect((await ask({ form: from })).body.errors[0].pointer).toBe("/form");
  expect((await ask({ from: undefined })).body.errors[0].pointer).toBe("/from");
  expectProblem(await admin(stack, "POST", "/v1/admin/exports", { from, to }), 400, "tenant-required");
  // A key that may only send and read exports nothing.
  const refused = await sender.post("/v1/admin/exports", { from, to });
  expectProblem(refused, 403, "forbidden");
});
