import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startPostgres } from "@streamforge/infrastructure/local";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { migrate } from "../../src/accounts/bootstrap.js";
import { createPrisma, type PrismaClient } from "../../src/accounts/database.js";
import { createReplayLeases, type JobProgress, type ReplayLeases } from "../../src/replay/lease.js";

const LEASE_MS = 600;
const PROGRESS: JobProgress = { processed: 7, outcomes: { stored: 7 }, report: {}, cursor: { recent: "......." } };

let dataDir: string;
let server: LocalServer;
let prisma: PrismaClient;
let one: ReplayLeases;
let two: ReplayLeases;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-lease-"));
  server = await startPostgres({ dataDir: join(dataDir, "postgres") });
  await migrate(server.url);
  prisma = createPrisma(server.url);
  one = createReplayLeases(server.url, "one", LEASE_MS, () => {});
  two = createReplayLeases(server.url, "two", LEASE_MS, () => {});
});
afterAll(async () => {
  await Promise.all([one?.close(), two?.close(), prisma?.$disconnect()]);
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(() => prisma.replayJob.deleteMany().then(() => undefined));

async function job(more: object = {}): Promise<string> {
  const by = { createdByKind: "user", createdById: "u", createdByName: "u" };
  const data = { tenantId: "t", source: "DLQ", mode: "reprocess", selector: {}, ratePerSecond: 1, selected: 10, ...by, ...more };
  return (await prisma.replayJob.create({ data })).id;
}
const row = (id: string) => prisma.replayJob.findUniqueOrThrow({ where: { id } });
const expired = () => new Promise((resolve) => setTimeout(resolve, LEASE_MS + 100));

test("a job has one owner, however many ask at once", async () => {
  const id = await job();
  const taken = await Promise.all([one.take(), two.take(), two.take(), one.take()]);
  const owners = taken.filter((found) => found !== null);
  expect(new Set(owners.map((found) => found.id))).toEqual(new Set([id]));
  expect(["one", "two"]).toContain((await row(id)).leaseOwner);
  const other = (await row(id)).leaseOwner === "one" ? two : one;
  expect(await other.take()).toBeNull();
  expect(await other.renew(id)).toBeNull();
});

test("whoever lost the lease writes nothing", async () => {
  const id = await job();
  await one.take();
  await expired();
  expect((await two.take())?.id).toBe(id);
  expect(await one.renew(id)).toBeNull();
  expect(await one.advance(id, PROGRESS)).toBe(false);
  await one.finish(id, "completed", null);
  await one.release(id);
  expect(await row(id)).toMatchObject({ status: "running", processed: 0, leaseOwner: "two" });
  expect(await two.advance(id, PROGRESS)).toBe(true);
  await two.finish(id, "completed", "done");
  await two.release(id);
  expect(await row(id)).toMatchObject({ status: "completed", processed: 7, outcomes: { stored: 7 }, message: "done", leaseOwner: null });
  expect(await one.take()).toBeNull();
});

test("paused in the moment it ends stays paused; what a dead worker left is wound up, the rest waits", async () => {
  const id = await job();
  await one.take();
  await prisma.replayJob.update({ where: { id }, data: { status: "paused" } });
  await one.finish(id, "completed", null);
  expect(await row(id)).toMatchObject({ status: "paused" });
  // Its worker dies now: somebody has to give back what it had in hand.
  await expired();
  expect(await two.take()).toMatchObject({ id, status: "paused" });
  await two.release(id);
  expect(await one.take()).toBeNull();
});

test("one that has ended is taken when letters say that they are in its hands, and stays what it is", async () => {
  const ended = await job({ status: "failed" });
  const held = await job();
  await one.take();
  expect(await two.take()).toBeNull();
  expect(await two.take(["not a job of ours", held, ended])).toMatchObject({ id: ended, status: "failed" });
  expect(await two.renew(ended)).toMatchObject({ status: "failed" });
  await two.release(ended);
  expect(await row(ended)).toMatchObject({ status: "failed", leaseOwner: null });
});

test("jobs take turns: the one that has waited longest is next, and a worker learns that others wait", async () => {
  const first = await job();
  expect((await one.take())?.id).toBe(first);
  expect(await one.renew(first)).toEqual({ status: "running", othersWait: false });
  const second = await job();
  expect(await one.renew(first)).toEqual({ status: "running", othersWait: true });
  await one.release(first);
  expect((await one.take())?.id).toBe(second);
  await one.release(second);
  expect((await one.take())?.id).toBe(first);
});

test("turns go round by tenant: sixty jobs of one cost another's only job one turn", async () => {
  const crowd = new Set<string>();
  for (let n = 0; n < 60; n++) crowd.add(await job({ tenantId: "crowd" }));
  const turn = async (leases: ReplayLeases): Promise<string> => {
    const id = (await leases.take())?.id as string;
    await leases.advance(id, PROGRESS);
    await leases.release(id);
    return id;
  };
  expect(crowd).toContain(await turn(one));
  const only = await job({ tenantId: "quiet" });
  expect(await turn(one)).toBe(only);
  expect(crowd).toContain(await turn(one));
  expect(await turn(one)).toBe(only);
  // While one worker has a job of the crowd, another one looks at the quiet tenant first.
  const held = (await one.take())?.id;
  expect(crowd).toContain(held);
  expect((await two.take())?.id).toBe(only);
});

test("what jsonb refuses does not hold a job up", async () => {
  const id = await job();
  await one.take();
  const failures = [{ id: "1", eventId: "e", code: "UNPROCESSABLE", message: "key \u0000 and \ud800" }];
  expect(await one.advance(id, { ...PROGRESS, report: { failures } })).toBe(true);
  expect((await row(id)).report).toEqual({ failures: [{ ...failures[0], message: "key \u2400 and \ufffd" }] });
});
