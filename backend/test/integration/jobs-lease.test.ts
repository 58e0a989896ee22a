import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalServer, startPostgres } from "@streamforge/infrastructure/local";
import type { JobKindName } from "@streamforge/shared";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { migrate } from "../../src/accounts/bootstrap.js";
import { createPrisma, type PrismaClient } from "../../src/accounts/database.js";
import { createJobLeases, type JobLeases, type JobProgress } from "../../src/jobs/lease.js";

const LEASE_MS = 600;
const PROGRESS: JobProgress = { processed: 7, outcomes: { stored: 7 }, report: {}, cursor: { recent: "......." } };

let dataDir: string;
let server: LocalServer;
let prisma: PrismaClient;
let one: JobLeases;
let two: JobLeases;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-lease-"));
  server = await startPostgres({ dataDir: join(dataDir, "postgres") });
  await migrate(server.url);
  prisma = createPrisma(server.url);
  one = leasesOf("one");
  two = leasesOf("two");
});
afterAll(async () => {
  await Promise.all([one?.close(), two?.close(), prisma?.$disconnect()]);
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(() => prisma.job.deleteMany().then(() => undefined));

function leasesOf(owner: string, kinds: JobKindName[] = ["replay"]): JobLeases {
  return createJobLeases({ databaseUrl: server.url, owner, leaseMs: LEASE_MS, kinds, onError: () => {} });
}

async function job(more: object = {}): Promise<string> {
  const by = { createdByKind: "user", createdById: "u", createdByName: "u" };
  const spec = { source: "DLQ", mode: "reprocess", selector: {} };
  const data = { kind: "replay", tenantId: "t", spec, ratePerSecond: 1, selected: 10, ...by, ...more };
  return (await prisma.job.create({ data })).id;
}
const row = (id: string) => prisma.job.findUniqueOrThrow({ where: { id } });
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

test("anyone who lost the lease writes nothing", async () => {
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
  await prisma.job.update({ where: { id }, data: { status: "paused" } });
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
  const turn = async (leases: JobLeases): Promise<string> => {
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

test("a job without a tenant has its turn as a tenant has, and its progress may say how many there are", async () => {
  const id = await job({ tenantId: null, kind: "replay", selected: null });
  const crowd = [await job({ tenantId: "crowd" }), await job({ tenantId: "crowd" })];
  expect((await one.take())?.id).toBe(id);
  expect(await one.advance(id, { ...PROGRESS, selected: 30 })).toBe(true);
  expect(await one.advance(id, PROGRESS)).toBe(true);
  await one.release(id);
  expect(await row(id)).toMatchObject({ tenantId: null, selected: 30, processed: 7 });
  expect(crowd).toContain((await one.take())?.id);
});

test("a worker leaves kinds alone that it does not know", async () => {
  const id = await job({ kind: "erasure" });
  const newer = leasesOf("newer", ["replay", "erasure"]);
  try {
    expect(await one.take([id])).toBeNull();
    expect(await newer.take()).toMatchObject({ id, kind: "erasure" });
  } finally {
    await newer.close();
  }
});

test("processes of the version before find replays under their old name, and make them there", async () => {
  const spec = { source: "STORED", mode: "dry-run", selector: { type: "SALE" } };
  const id = await job({ spec });
  await job({ kind: "export" });
  const old = new pg.Client({ connectionString: server.url });
  await old.connect();
  try {
    const taken = await old.query(
      `UPDATE replay_jobs SET lease_owner = 'old', lease_until = now() + interval '1 minute', status = 'running'::replay_status
       WHERE id = (SELECT id FROM replay_jobs AS job WHERE status IN ('pending', 'running') LIMIT 1 FOR UPDATE OF job SKIP LOCKED)
       RETURNING id, source, mode, selector, patch::text AS patch`,
    );
    expect(taken.rows).toEqual([{ id, ...spec, patch: null }]);
    const made = await old.query(
      `INSERT INTO replay_jobs (id, tenant_id, source, mode, selector, rate_per_second, selected, created_by_kind, created_by_id, created_by_name, updated_at)
       VALUES (gen_random_uuid(), 't', 'DLQ', 'reprocess', '{"all": true}', 5, 2, 'user', 'u', 'u', now()) RETURNING id`,
    );
    const newId = made.rows[0].id as string;
    await old.query("UPDATE replay_jobs SET patch = $1::json WHERE id = $2", ['[{"op":"test","path":"","value":1.0}]', newId]);
    expect(await two.take()).toMatchObject({
      id: newId,
      spec: { source: "DLQ", mode: "reprocess", selector: { all: true } },
      patch: '[{"op":"test","path":"","value":1.0}]',
    });
  } finally {
    await old.end();
  }
});

test("the migration keeps the replays that there were", async () => {
  const folder = fileURLToPath(new URL("../../prisma/migrations/", import.meta.url));
  const names = readdirSync(folder).filter((name) => /^\d+_/.test(name));
  const before = names.sort().slice(0, names.indexOf("20261128160000_jobs"));
  const db = new pg.Client({ connectionString: server.url });
  await db.connect();
  await db.query("CREATE SCHEMA before; SET search_path TO before");
  const apply = (name: string) => db.query(readFileSync(join(folder, name, "migration.sql"), "utf8"));
  try {
    for (const name of before) await apply(name);
    await db.query(
      `INSERT INTO replay_jobs (id, tenant_id, source, mode, status, selector, patch, rate_per_second, "limit", selected, processed, outcomes, cursor,
         created_by_kind, created_by_id, created_by_name, lease_owner)
       VALUES (gen_random_uuid(), 't', 'DLQ', 'dry-run', 'paused', '{"type": "SALE"}', '[{"op":"test","path":"/n","value":1.0}]', 5, 9, 7, 3,
         '{"stored": 3}', '{"recent": "f.."}', 'user', 'u', 'u', 'w')`,
    );
    const row = (await db.query("SELECT *, patch::text FROM replay_jobs")).rows[0];
    await apply("20261128160000_jobs");
    const { source, mode, selector, ...rest } = row;
    expect((await db.query("SELECT *, patch::text FROM jobs")).rows).toEqual([
      { ...rest, kind: "replay", spec: { source, mode, selector } },
    ]);
    expect((await db.query("SELECT *, patch::text FROM replay_jobs")).rows).toEqual([row]);
  } finally {
    await db.end();
  }
});
