import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Binary } from "mongodb";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { openReplays, type Replays } from "./replay-fixture.js";

let stack: Stack;
let replays: Replays;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "1000000" } });
});
afterAll(() => stack?.stop());
beforeEach(async () => {
  replays = await openReplays(stack);
  return () => replays.close();
});

const RETRY = "/v1/admin/dlq/retry";
const REPLAY = "/v1/admin/replay";

async function keyOf(tenantId: string, ...scopes: string[]): Promise<Record<string, string>> {
  const { body } = await replays.post<{ key: string }>("/v1/admin/keys", { tenantId, name: "k", scopes });
  return { "x-api-key": body.key };
}

describe("what is refused", () => {
  test.each([
    ["nothing but the tenant", RETRY, {}, "/all"],
    ["a limit alone names nothing", RETRY, { limit: 5 }, "/all"],
    ["nothing but the tenant, of stored events", REPLAY, { status: "STORED" }, "/all"],
    ["the eventId", RETRY, { all: true, patch: [{ op: "replace", path: "/event_id", value: "x" }] }, "/patch/0/path"],
    ["the user", RETRY, { all: true, patch: [{ op: "move", from: "/userId", path: "/payload/u" }] }, "/patch/0/from"],
    ["the root", RETRY, { all: true, patch: [{ op: "replace", path: "", value: {} }] }, "/patch/0/path"],
    ["an operation without its value", RETRY, { all: true, patch: [{ op: "add", path: "/payload/n" }] }, "/patch/0/value"],
    ["a patch of stored events", REPLAY, { status: "STORED", all: true, patch: [{ op: "remove", path: "/x" }] }, "/patch"],
    ["a reason of stored events", REPLAY, { status: "STORED", reasonCode: "UNPROCESSABLE" }, "/reasonCode"],
    ["a name that is none", RETRY, { all: true, everything: true }, "/everything"],
  ])("%s", async (_what, path, body, pointer) => {
    const answer = await replays.post(path, { tenantId: replays.tenantId, ...body });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect(answer.body.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  test("a patch of the subject where userId came from it; where it did not, it is taken", async () => {
    const patch = [{ op: "replace", path: "/subject", value: "other" }];
    await replays.die(1, { prefix: "own", more: { subject: "s" } });
    expect((await replays.post(RETRY, { tenantId: replays.tenantId, all: true, patch })).status).toBe(202);
    await replays.die(1, { prefix: "by-subject", broken: true, more: { subject: "s", userId: undefined } });
    const refused = await replays.post(RETRY, { tenantId: replays.tenantId, all: true, patch });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect(refused.body.detail).toContain("the event's user, which comes from subject");
  });

  test("a tenant is needed, another one is out of reach", async () => {
    expect(await replays.post(RETRY, { all: true })).toMatchObject({ status: 400, body: { code: "tenant-required" } });
    const [letter] = await replays.die(1);
    const stranger = await keyOf(`${replays.tenantId}-x`, "dead-letters:write", "dead-letters:read");
    expect(await replays.post(RETRY, { tenantId: replays.tenantId, all: true }, stranger)).toMatchObject({
      status: 403,
      body: { code: "tenant-mismatch" },
    });
    const byId = await replays.post(RETRY, { ids: [letter?._id.toString("hex")] }, stranger);
    expect(byId.body.selected).toBe(0);
    const own = await replays.post(RETRY, { tenantId: replays.tenantId, all: true, limit: 1, ratePerSecond: 1 });
    for (const command of ["pause", "resume", "cancel"]) {
      expect((await replays.post(`${REPLAY}/${own.body.replayId}/${command}`, {}, stranger)).status).toBe(404);
    }
    const listed = await fetch(`${stack.apiUrl}${REPLAY}`, { headers: stranger });
    expect(((await listed.json()) as { items: unknown[] }).items).toHaveLength(1);
  });

  test("more jobs than MAX_JOBS_PER_TENANT, also by resuming one that stopped; another tenant may", async () => {
    const { tenantId } = replays;
    const ask = (tenant: string) => replays.post(RETRY, { tenantId: tenant, all: true });
    await replays.die(1);
    const first = (await ask(tenantId)).body.replayId;
    await replays.ended(first);
    const db = new pg.Client(stack.postgres.url);
    await db.connect();
    const sql = (text: string, ...values: string[]) => db.query(text, values);
    await sql(
      `INSERT INTO jobs (id, kind, tenant_id, status, spec, created_by_kind, created_by_id, created_by_name)
      SELECT gen_random_uuid(), 'export', $1, 'paused', '{}', 'user', 'u', 'u' FROM generate_series(1, 49)`,
      tenantId,
    );
    await sql("UPDATE jobs SET status = 'stopped' WHERE id = $1::uuid", first);
    const atOnce = await Promise.all(
      Array.from({ length: 5 }, () => replays.post(REPLAY, { tenantId, status: "DLQ", all: true, limit: 1, ratePerSecond: 1 })),
    );
    const refused = atOnce.filter(({ status }) => status === 429);
    expect([refused.length, atOnce.length]).toEqual([4, 5]);
    expect(refused[0]?.body).toMatchObject({ code: "rate-limited", detail: expect.stringContaining("MAX_JOBS_PER_TENANT") });
    expect(refused[0]?.headers.get("retry-after")).toBe("10");
    await sql("UPDATE jobs SET status = 'paused' WHERE tenant_id = $1 AND id <> $2::uuid", tenantId, first);
    expect((await replays.post(`${REPLAY}/${first}/resume`)).status).toBe(429);
    expect((await ask(`${tenantId}-other`)).status).toBe(202);
    await sql("UPDATE jobs SET status = 'cancelled' WHERE tenant_id = $1", tenantId);
    expect((await replays.post(`${REPLAY}/${first}/resume`)).status).toBe(409);
    await db.end();
  });

  test("reading is not writing", async () => {
    const reader = await keyOf(replays.tenantId, "dead-letters:read");
    expect((await replays.post(RETRY, { all: true }, reader)).status).toBe(403);
    expect((await fetch(`${stack.apiUrl}${REPLAY}`, { headers: reader })).status).toBe(200);
    const producer = await keyOf(replays.tenantId, "events:write");
    expect((await fetch(`${stack.apiUrl}${REPLAY}`, { headers: producer })).status).toBe(403);
  });
});

test("replays are listed newest first, page by page, and every action is audited", async () => {
  const made: string[] = [];
  for (let n = 0; n < 5; n++) {
    const body = { tenantId: replays.tenantId, status: "DLQ", mode: "dry-run", type: `t-${n}` };
    made.unshift((await replays.post(REPLAY, body)).body.replayId);
  }
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = new URLSearchParams({ tenantId: replays.tenantId, limit: "2", ...(cursor ? { cursor } : {}) });
    const response = await fetch(`${stack.apiUrl}${REPLAY}?${query}`, { headers: { "x-admin-token": stack.adminToken } });
    const page = (await response.json()) as { items: { id: string }[]; nextCursor: string | null };
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(made);

  await replays.die(50);
  const { body } = await replays.post(RETRY, { tenantId: replays.tenantId, all: true, ratePerSecond: 10 });
  for (const command of ["pause", "pause", "resume", "cancel"]) await replays.post(`${REPLAY}/${body.replayId}/${command}`);
  const client = new pg.Client(stack.postgres.url);
  await client.connect();
  const { rows } = await client.query("SELECT action, before, after FROM audit_log WHERE target_id = $1 ORDER BY at", [body.replayId]);
  await client.end();
  expect(rows.map(({ action }) => action)).toEqual(["dead-letters.retry", "replay.pause", "replay.resume", "replay.cancel"]);
  expect(rows[0].after).toMatchObject({ selected: 50, ratePerSecond: 10, selector: { all: true } });
});

describe("a replay of stored events", () => {
  test("sets derived fields where they differ and leaves everything else", async () => {
    await replays.die(60);
    await replays.ended((await replays.post(RETRY, { tenantId: replays.tenantId, all: true })).body.replayId);
    // As if it had been checked against a type that is not registered any more.
    await replays.events.updateMany({ tenantId: replays.tenantId, "payload.n": { $lt: 10 } }, { $set: { typeVersion: 3 } });
    // It could not be taken today: its body is looked at as it was sent.
    await replays.events.updateOne(
      { tenantId: replays.tenantId, "payload.n": 20 },
      { $set: { text: '{"eventId":"e-20","eventType":"","payload":1}' } },
    );
    const before = await replays.everything();
    const ask = (mode: string) =>
      replays.post(REPLAY, { tenantId: replays.tenantId, status: "STORED", mode, type: "order.created", to: "2026-01-01T00:00:30Z" });

    const dry = await replays.ended((await ask("dry-run")).body.replayId);
    expect(dry).toMatchObject({ status: "completed", selected: 30, outcomes: { updated: 10, unchanged: 19, failed: 1 } });
    expect(dry.report).toMatchObject({ codes: { UNPROCESSABLE: 1 }, failures: [{ eventId: "e-20", code: "UNPROCESSABLE" }] });
    expect(await replays.everything()).toBe(before);

    const done = await replays.ended((await ask("reprocess")).body.replayId);
    expect(done.outcomes).toEqual({ updated: 10, unchanged: 19, failed: 1 });
    expect(await replays.everything()).toBe(before.replaceAll(/,"typeVersion":3/g, ""));
    expect((await replays.ended((await ask("reprocess")).body.replayId)).outcomes).toEqual({ unchanged: 29, failed: 1 });
  });
});

test("a worker without work has no connection to Postgres, and opens one within a second", async () => {
  const client = new pg.Client(stack.postgres.url);
  await client.connect();
  const connections = async () =>
    (await client.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE '%:jobs'")).rows[0].n;
  await new Promise((resolve) => setTimeout(resolve, 100));
  await replays.die(1, { letter: { _id: new Binary(Buffer.alloc(24, 7)) } });
  await replays.ended((await replays.post(RETRY, { tenantId: replays.tenantId, all: true })).body.replayId, "completed", 3_000);
  expect(await connections()).toBe(1);
  await expect.poll(connections, { timeout: patience(20_000), interval: 500 }).toBe(0);
  await client.end();
});

describe("with event types", () => {
  const schema = (amount: object) => ({ type: "object", properties: { amount }, required: ["amount"] });
  const register = async (amount: object) => {
    const body = { tenantId: replays.tenantId, type: "order.created", schema: schema(amount) };
    expect((await replays.post("/v1/admin/event-types", body)).status).toBe(201);
    // In force everywhere within a second.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  };

  test("SCHEMA_INVALID: a dry run shows what a patch would do, a changed schema lets the rest through", async () => {
    await register({ type: "number" });
    const key = await keyOf(replays.tenantId, "events:write");
    const items = Array.from({ length: 25 }, (_, n) => ({
      eventId: `s-${n}`,
      eventType: "order.created",
      userId: "u",
      payload: { amount: `${n}` },
    }));
    await replays.post("/v1/events", items, key);
    await expect.poll(() => replays.byStatus()).toEqual({ open: 25 });
    const letter = await replays.letters.findOne({ tenantId: replays.tenantId, eventId: "s-3" });
    expect(letter).toMatchObject({ reasonCode: "SCHEMA_INVALID", context: { keyName: "k" } });
    const select = { tenantId: replays.tenantId, reasonCode: "SCHEMA_INVALID" };

    const patch = [{ op: "replace", path: "/payload/amount", value: 3 }];
    const before = await replays.everything();
    const dry = await replays.ended((await replays.post(REPLAY, { ...select, status: "DLQ", mode: "dry-run" })).body.replayId);
    expect(dry).toMatchObject({ outcomes: { failed: 25 }, report: { codes: { SCHEMA_INVALID: 25 } } });
    expect(dry.report.diffs?.[0]).toMatchObject({ would: "failed", code: "SCHEMA_INVALID" });
    const fixed = await replays.ended((await replays.post(REPLAY, { ...select, status: "DLQ", mode: "dry-run", patch })).body.replayId);
    expect(fixed.outcomes).toEqual({ stored: 25 });
    expect(await replays.everything()).toBe(before);

    const again = await replays.ended((await replays.post(RETRY, { ...select, ids: [letter?._id.toString("hex")] })).body.replayId);
    expect(again.outcomes).toEqual({ failed: 1 });
    const after = await replays.letters.findOne({ _id: letter?._id });
    expect(after).toMatchObject({
      status: "open",
      reasonCode: "SCHEMA_INVALID",
      attempts: 2,
      fingerprint: letter?.fingerprint,
      failures: letter?.failures,
    });

    const one = await replays.ended((await replays.post(RETRY, { ...select, ids: [letter?._id.toString("hex")], patch })).body.replayId);
    expect(one.outcomes).toEqual({ stored: 1 });
    const stored = await replays.events.findOne({ tenantId: replays.tenantId, eventId: "s-3" });
    expect(stored).toMatchObject({ payload: { amount: 3 }, typeVersion: 1, source: "k", hash: letter?.hash });
    // The same body once more: it is stored, patched, and neither stored again nor a dead letter.
    await replays.post("/v1/events", items.slice(3, 4), key);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await replays.byStatus()).toEqual({ open: 24, resolved: 1 });

    await register({ type: ["number", "string"] });
    const rest = await replays.ended((await replays.post(RETRY, select)).body.replayId);
    expect(rest.outcomes).toEqual({ stored: 24 });
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId, typeVersion: 2 })).toBe(24);
  });

  test("stored events: what would fail now is reported, the version is set where it fits", async () => {
    await replays.die(20);
    await replays.ended((await replays.post(RETRY, { tenantId: replays.tenantId, all: true })).body.replayId);
    await replays.events.updateMany({ tenantId: replays.tenantId, "payload.n": { $lt: 5 } }, { $set: { "payload.amount": 7 } });
    await register({ type: "number" });
    const { body } = await replays.post(REPLAY, { tenantId: replays.tenantId, status: "STORED", type: "order.created" });
    const done = await replays.ended(body.replayId);
    expect(done).toMatchObject({ selected: 20, outcomes: { updated: 5, failed: 15 }, report: { codes: { SCHEMA_INVALID: 15 } } });
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId, typeVersion: 1, "payload.amount": 7 })).toBe(5);
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId })).toBe(20);
  });
});

test("sf replay lists, shows, pauses, resumes and cancels", async () => {
  await replays.die(400, { broken: true });
  const { body } = await replays.post(RETRY, { tenantId: replays.tenantId, all: true, ratePerSecond: 20 });
  await expect.poll(async () => (await replays.get(body.replayId)).processed).toBeGreaterThan(3);
  expect((await sf("replay", "pause", body.replayId)).stdout).toMatch(/is paused; \d+ of 400 done/);
  const listed = await sf("replay", "list", "--tenant", replays.tenantId);
  expect(listed.stdout).toMatch(new RegExp(`${body.replayId} .* paused .* of 400`));
  const shown = await sf("replay", "show", body.replayId);
  expect(shown.stdout).toContain("failed");
  expect(shown.stdout).toContain("occurredAt must be an RFC 3339 time");
  expect((await sf("replay", "resume", body.replayId)).stdout).toContain("is pending");
  expect((await sf("replay", "cancel", body.replayId)).stdout).toContain("is cancelled");
  await expect(sf("replay", "resume", body.replayId)).rejects.toThrow("This replay is cancelled; resume does nothing to it.");
});

test("sf replay start follows a replay to its end, and ends with 1 when something failed", async () => {
  await replays.die(30);
  await replays.die(2, { broken: true, prefix: "broken" });
  const tenant = ["--tenant", replays.tenantId];
  await expect(sf("replay", "start", ...tenant)).rejects.toThrow("This selects everything of the tenant.");
  const dry = await sf("replay", "start", ...tenant, "--all", "--dry-run").catch((error: { stdout: string }) => error);
  expect(dry.stdout).toMatch(/dry-run\) by .* is completed: 32 of 32/);
  expect(await replays.byStatus()).toEqual({ open: 32 });

  const failed = await sf("replay", "start", ...tenant, "--all").catch((error: { code: number; stdout: string }) => error);
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining("occurredAt must be an RFC 3339 time") });
  expect(await replays.byStatus()).toEqual({ open: 2, resolved: 30 });
  const again = await sf("--json", "replay", "start", ...tenant, "--stored", "--type", "order.created");
  expect(JSON.parse(again.stdout)).toMatchObject({ source: "STORED", selected: 30, status: "completed" });

  const patch = join(mkdtempSync(join(tmpdir(), "sf-patch-")), "patch.json");
  await expect(sf("replay", "start", ...tenant, "--all", "--patch", patch)).rejects.toThrow("it is a file of JSON");
  writeFileSync(patch, JSON.stringify([{ op: "remove", path: "/occurredAt" }]));
  const begun = await sf("replay", "start", ...tenant, "--all", "--patch", patch, "--detach");
  expect(begun.stdout).toMatch(/Replay \S+ of 2 has begun/);
  await expect.poll(replays.byStatus, { timeout: patience(20_000) }).toEqual({ resolved: 32 });
});

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));

function sf(...args: string[]) {
  return promisify(execFile)(process.execPath, [SF, "--url", stack.apiUrl, "--admin-token", stack.adminToken, ...args]);
}
