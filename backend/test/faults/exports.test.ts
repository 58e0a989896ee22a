import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JobView } from "@streamforge/shared";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import type { EventDocument } from "../../src/store/documents.js";
import { connectStore, type Store } from "../../src/store/mongo.js";
import { admin, newSender, type Sending, settledSoon } from "../integration/sending-fixture.js";
import { askForExport, checkedManifest, endOf, filesBelow, jobOf } from "../support/exporting.js";
import { readByDuckDb } from "../support/parquet.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 5);
/** Where a worker may end. The short form has those that leave most in hand: parts that have appeared, and a row that is not behind them. */
const POINTS = process.env.FAULT_ROUNDS ? ["listed", "publishing", "published", "advanced", "manifest"] : ["publishing", "published"];

/** Promise 31, of exports: real kills of real processes; what is in the files is compared with what is in MongoDB. */
describe("an export", () => {
  const folder = mkdtempSync(join(tmpdir(), "streamforge-export-faults-"));
  let stack: Stack;
  let store: Store;
  let sender: Sending;
  const others: TestProcess[] = [];
  beforeAll(async () => {
    const env = {
      EXPORT_DIR: folder,
      EXPORT_PART_EVENTS: "500",
      CLAIM_IDLE_MS: "2000",
      MONGO_TIMEOUT_MS: "1500",
      ADMIN_REQUESTS_PER_MINUTE: "1000000",
    };
    stack = await startStack({ env });
    store = await connectStore(loadConfig(stack.env), "export-faults");
  });
  afterEach(async () => {
    for (const other of others.splice(0)) if (other.alive()) await other.kill("SIGKILL");
    if (!stack.worker.alive()) await stack.worker.restart();
  });
  afterAll(async () => {
    await store?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function sendEvents(count: number, from = 0): Promise<void> {
    const items = Array.from({ length: count }, (_, i) => ({
      eventId: `event-${from + i}`,
      eventType: `type-${i % 3}`,
      occurredAt: new Date(Date.UTC(2026, 2, 1 + (i % 2)) + i).toISOString(),
      payload: { i },
    }));
    for (let at = 0; at < count; at += 1_000) expect((await sender.post("/v1/events", items.slice(at, at + 1_000))).status).toBe(202);
  }

  /** The files of an ended export have each event that MongoDB had stored before it began, once, and nothing besides. */
  async function exact(id: string): Promise<void> {
    const job = await endOf(stack, id, 60_000);
    expect(job, JSON.stringify(job)).toMatchObject({ status: "completed" });
    const root = String(job.report.location);
    const manifest = checkedManifest(root);
    const expected = await store.events.distinct("eventId", {
      tenantId: sender.tenantId,
      storedAt: { $lt: new Date(manifest.storedBefore) },
    });
    const found = (await readByDuckDb(root)).map(({ eventId }) => eventId as string);
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(job.outcome).toEqual({ exported: expected.length });
    await expect.poll(() => store.exportParts.countDocuments({ pending: true }), { timeout: patience(20_000) }).toBe(0);
  }
  const wanted = () => ({ tenantId: sender.tenantId, from: "2026-03-01T00:00:00Z", to: new Date().toISOString() });
  const units = async (id: string): Promise<number> => Number((await jobOf(stack, id)).report.parts ?? 0);

  test.each(POINTS)("its worker ends at %s: no row twice, none missing", async (point) => {
    sender = await newSender(stack);
    await sendEvents(2_200);
    await settledSoon(stack, patience(20_000));
    await stack.worker.kill("SIGTERM");
    // In the third unit, in which the first day ends: it has parts of both.
    const after = { manifest: "1", publishing: "11" }[point] ?? "3";
    const doomed = await stack.startWorker({ FAULT_POINT: `export-${point}`, FAULT_AFTER: after });
    others.push(doomed);
    const id = await askForExport(stack, wanted());
    while (doomed.alive()) await sleep(20);
    // The next worker cuts otherwise, as an hour later or on another machine: its third unit has one day, and overwrites less.
    others.push(await stack.startWorker({ EXPORT_PART_EVENTS: "100" }));
    await exact(id);
  });

  test(`promise 31: killed ${ROUNDS} times while events come in`, async () => {
    sender = await newSender(stack);
    await sendEvents(4_000);
    let sending = true;
    const live = (async () => {
      for (let at = 4_000; sending; at += 200) {
        await sendEvents(200, at);
        await sleep(200);
      }
    })();
    await expect
      .poll(() => store.events.countDocuments({ tenantId: sender.tenantId }), { timeout: patience(20_000) })
      .toBeGreaterThan(3_000);
    const id = await askForExport(stack, wanted());
    for (let round = 0; round < ROUNDS; round++) {
      const before = await units(id);
      const until = performance.now() + patience(5_000);
      while ((await units(id)) === before && performance.now() < until && (await jobOf(stack, id)).status !== "completed") await sleep(10);
      await sleep(Math.random() * 100);
      await stack.worker.kill("SIGKILL");
      await stack.worker.restart();
    }
    sending = false;
    await live;
    await exact(id);
    await settledSoon(stack, patience(20_000));
  });

  test("a worker that is frozen while it publishes, and wakes up when another one has ended the job, adds nothing", async () => {
    sender = await newSender(stack);
    await sendEvents(2_200);
    await settledSoon(stack, patience(20_000));
    await stack.worker.kill("SIGTERM");
    const frozen = await stack.startWorker({ FAULT_POINT: "export-publishing", FAULT_AFTER: "2", FAULT_SIGNAL: "SIGSTOP" });
    others.push(frozen);
    const id = await askForExport(stack, wanted());
    await expect
      .poll(() => store.exportParts.countDocuments({ jobId: id, pending: true }), { timeout: patience(20_000) })
      .toBeGreaterThan(0);
    await sleep(500);
    await stack.worker.restart();
    await exact(id);
    await frozen.kill("SIGCONT");
    await sleep(2_000);
    await exact(id);
  });

  test("MongoDB and Postgres are away meanwhile: it waits, and continues", async () => {
    sender = await newSender(stack);
    await sendEvents(6_000);
    await settledSoon(stack, patience(30_000));
    const id = await askForExport(stack, wanted());
    await expect.poll(() => units(id), { timeout: patience(20_000), interval: 10 }).toBeGreaterThan(0);
    await stack.mongo.kill("SIGKILL");
    await sleep(3_000);
    await stack.mongo.restart();
    await stack.postgres.kill("SIGKILL");
    await sleep(2_000);
    await stack.postgres.restart();
    await exact(id);
  });

  test("a disk that is full ends it with the reason, leaves no half part, and it continues when there is room", async () => {
    sender = await newSender(stack);
    await sendEvents(2_200);
    await settledSoon(stack, patience(20_000));
    const small = join(folder, "small");
    mkdirSync(small);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=96k", "none", small], { stdio: "ignore" });
    } catch {
      console.warn("A full disk was left out: this process may not mount a small one.");
      return;
    }
    try {
      await stack.worker.kill("SIGTERM");
      const worker = await stack.startWorker({ EXPORT_DIR: small });
      others.push(worker);
      const id = await askForExport(stack, wanted());
      const failed = await endOf(stack, id, 60_000);
      expect(failed, JSON.stringify(failed)).toMatchObject({ status: "failed", message: expect.stringContaining("is full") });
      await expect.poll(() => store.exportParts.countDocuments({ jobId: id, pending: true }), { timeout: patience(30_000) }).toBe(0);
      const listed = (await store.exportParts.find({ jobId: id }).toArray()).map(({ key }) => key);
      expect(filesBelow(small).sort()).toEqual(listed.sort());
      execFileSync("mount", ["-o", "remount,size=8m", small]);
      await admin(stack, "POST", `/v1/admin/jobs/${id}/resume`, {});
      await exact(id);
    } finally {
      for (const other of others.splice(0)) await other.kill("SIGKILL");
      execFileSync("umount", [small]);
    }
  });
});

describe("scheduled exports", () => {
  const folder = mkdtempSync(join(tmpdir(), "streamforge-export-schedule-"));
  let stack: Stack;
  let store: Store;
  let sender: Sending;
  beforeAll(async () => {
    // Every three seconds, and right behind the clock: a second instead of a minute.
    const env = {
      EXPORT_DIR: folder,
      EXPORT_CRON: "*/3 * * * * *",
      EXPORT_BEHIND_SECONDS: "1",
      CLAIM_IDLE_MS: "2000",
      MONGO_TIMEOUT_MS: "1500",
    };
    stack = await startStack({ env });
    store = await connectStore(loadConfig(stack.env), "export-schedule");
    sender = await newSender(stack);
    // A second API makes them as well, and a second worker's clock is five minutes behind.
    const skewed = fileURLToPath(new URL("../support/skewed-clock.mjs", import.meta.url));
    await stack.startApi();
    await stack.startWorker({ NODE_OPTIONS: `--import=${skewed}`, CLOCK_SKEW_MS: "-300000" });
  });
  afterAll(async () => {
    await store?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const exported = async (): Promise<string[]> => {
    const root = join(folder, "scheduled");
    const files = await store.exportParts.countDocuments({ tenantId: sender.tenantId, pending: { $exists: false } });
    return files === 0 ? [] : (await readByDuckDb(root)).map(({ eventId }) => eventId as string);
  };

  test("late events and new ones, clocks that differ, a worker killed in between: each event is exported once", async () => {
    const sent: string[] = [];
    const runs = 6;
    for (let round = 0; round < runs; round++) {
      const items = Array.from({ length: 120 }, (_, i) => {
        const eventId = `round-${round}-${i}`;
        sent.push(eventId);
        // Some of now, some of last month.
        const occurredAt = new Date(Date.now() - (i % 3 === 0 ? 30 * 86_400_000 : 0)).toISOString();
        return { eventId, eventType: "tick", occurredAt, payload: { round, i } };
      });
      expect((await sender.post("/v1/events", items)).status).toBe(202);
      if (round === 3) {
        await stack.worker.kill("SIGKILL");
        await stack.worker.restart();
      }
      await sleep(2_000);
    }
    await expect
      .poll(async () => (await exported()).length, { timeout: patience(60_000), interval: 500 })
      .toBeGreaterThanOrEqual(sent.length);
    expect((await exported()).toSorted()).toEqual(sent.toSorted());
    // One of the workers stored with a clock that was behind, and no document says so.
    const early = await store.events.find({ tenantId: sender.tenantId }).toArray();
    for (const { entry, storedAt } of early as EventDocument[])
      expect(storedAt.getTime()).toBeGreaterThanOrEqual(Number.parseInt((entry as string).split("/")[1] as string, 10));

    const page = await fetch(`${stack.apiUrl}/v1/admin/jobs?kind=export&limit=200`, { headers: { "x-admin-token": stack.adminToken } });
    const jobs = ((await page.json()) as { items: JobView[] }).items.filter(({ outcome }) => outcome.exported);
    expect(jobs.length).toBeGreaterThan(1);
    for (const job of jobs.filter(({ status }) => status === "completed")) {
      expect(job).toMatchObject({ createdBy: { kind: "system", name: "EXPORT_CRON" } });
      expect(String(job.report.manifest)).toContain(join("scheduled", "_exports", job.id, "_manifest.json"));
    }
  });
});
