import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createS3Target } from "../../src/export/s3-target.js";
import { TargetRefusedError, TargetUnavailableError } from "../../src/export/target.js";
import { askForExport, checkedManifest, endOf, jobOf } from "../support/exporting.js";
import { type BucketServer, startMoto } from "../support/moto.js";
import { readByDuckDb } from "../support/parquet.js";
import { findPython } from "../support/python.js";
import { type Stack, startStack } from "../support/stack.js";
import { newSender, type Sending, settledSoon } from "./sending-fixture.js";

const BUCKET = "lake";
const folder = mkdtempSync(join(tmpdir(), "streamforge-s3-"));
const python = await findPython();
if (typeof python === "string") console.warn(`The tests with a bucket are left out. ${python}`);
const here = typeof python === "string" ? test.skip : test;

let stack: Stack;
let s3: BucketServer;
let sender: Sending;

const settings = () => ({
  EXPORT_S3_BUCKET: BUCKET,
  EXPORT_S3_PREFIX: "exports/of tests",
  EXPORT_S3_REGION: "us-east-1",
  EXPORT_S3_ENDPOINT: s3.endpoint,
  EXPORT_S3_ACCESS_KEY_ID: "test",
  EXPORT_S3_SECRET_ACCESS_KEY: "test-secret",
  EXPORT_TEMP_DIR: folder,
});

beforeAll(async () => {
  if (typeof python === "string") return;
  s3 = await startMoto(python, BUCKET);
  stack = await startStack({ env: settings() });
  sender = await newSender(stack);
});
afterAll(async () => {
  await stack?.stop();
  await s3?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const from = "2026-03-01T00:00:00.000Z";
const to = "2026-03-02T00:00:00.000Z";

async function sendEvents(count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, i) => ({ eventId: `s3-${i}`, eventType: "a/b c", occurredAt: from, payload: { i } }));
  expect((await sender.post("/v1/events", items)).body).toMatchObject({ accepted: count });
  await settledSoon(stack);
}

/** The objects of an export as files below a folder, as `aws s3 sync` would have them. */
async function download(jobId: string): Promise<string> {
  const root = join(folder, `down-${jobId}`);
  const start = `exports/of tests/export-${jobId}/`;
  for (const { key } of await s3.list(BUCKET)) {
    if (!key.startsWith(start)) continue;
    const path = join(root, key.slice(start.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await s3.read(BUCKET, key));
  }
  return root;
}

here("an export to a bucket, through 503s and connections that break, is there once", async () => {
  await sendEvents(300);
  let puts = 0;
  s3.weather = ({ method }) => (method !== "PUT" || ++puts > 4 ? "fine" : puts % 2 === 0 ? "503" : "breaks");
  const job = await endOf(stack, await askForExport(stack, { tenantId: sender.tenantId, from, to }));
  expect(job, JSON.stringify(job)).toMatchObject({ status: "completed", spec: { target: "s3" }, outcome: { exported: 300 } });
  expect(puts).toBeGreaterThan(4);
  expect(job.report).toMatchObject({ location: `s3://${BUCKET}/exports/of tests/export-${job.id}` });
  const root = await download(job.id);
  expect(checkedManifest(root).rows).toBe(300);
  const rows = await readByDuckDb(root);
  expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(300);
  expect(rows[0]).toMatchObject({ eventType: "a/b c", type: "a/b c", date: "2026-03-01" });
});

here("a bucket that is away is waited for, and one that refuses ends the job with its reason", async () => {
  s3.weather = () => "503";
  const waiting = await askForExport(stack, { tenantId: sender.tenantId, from, to });
  const before = s3.requests();
  await expect.poll(() => s3.requests() - before).toBeGreaterThan(3);
  expect((await jobOf(stack, waiting)).status).toBe("running");
  s3.weather = () => "fine";
  const job = await endOf(stack, waiting);
  expect(job).toMatchObject({ status: "completed", outcome: { exported: 300 } });
  expect(checkedManifest(await download(job.id)).rows).toBe(300);
});

here("a part in pieces appears whole or not at all, and leaves no pieces behind", async () => {
  const target = createS3Target(settings());
  const bytes = randomBytes(40 * 1024 * 1024);
  const staged = async (): Promise<string> => {
    const file = join(await target.stage("pieces"), "part");
    writeFileSync(file, bytes);
    return file;
  };
  try {
    let pieces = 0;
    s3.weather = ({ url }) => (url?.includes("partNumber") && ++pieces > 1 ? "503" : "fine");
    await expect(target.publish(await staged(), "whole.parquet")).rejects.toBeInstanceOf(TargetUnavailableError);
    s3.weather = () => "fine";
    expect(await target.sizeOf("whole.parquet")).toBeUndefined();
    expect(await s3.unfinished(BUCKET)).toBe(0);

    await target.publish(await staged(), "whole.parquet");
    const found = await s3.read(BUCKET, "exports/of tests/whole.parquet");
    expect(createHash("sha256").update(found).digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await target.sizeOf("whole.parquet")).toBe(bytes.length);
    await target.remove("whole.parquet");
    await target.remove("whole.parquet");
    expect(await target.sizeOf("whole.parquet")).toBeUndefined();

    const nowhere = createS3Target({ ...settings(), EXPORT_S3_BUCKET: "no-such-bucket" });
    await expect(nowhere.publishText("{}", "a.json")).rejects.toThrow(TargetRefusedError);
    await expect(nowhere.publishText("{}", "a.json")).rejects.toThrow(/no-such-bucket: NoSuchBucket/);
    nowhere.close();
  } finally {
    target.close();
  }
});
