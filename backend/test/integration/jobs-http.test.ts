import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { JobPage, JobView } from "@streamforge/shared";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { openReplays, type Replays } from "./replay-fixture.js";

let stack: Stack;
let replays: Replays;
let db: pg.Client;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "1000000" } });
  db = new pg.Client(stack.postgres.url);
  await db.connect();
});
afterAll(async () => {
  await db?.end();
  await stack?.stop();
});
beforeEach(async () => {
  replays = await openReplays(stack);
  return () => replays.close();
});

const JOBS = "/v1/admin/jobs";

async function get<T = JobView>(path: string, headers: Record<string, string> = { "x-admin-token": stack.adminToken }) {
  const response = await fetch(`${stack.apiUrl}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as T & { code?: string; errors?: { pointer: string }[] } };
}

async function keyOf(...scopes: string[]): Promise<Record<string, string>> {
  const { body } = await replays.post<{ key: string }>("/v1/admin/keys", { tenantId: replays.tenantId, name: "k", scopes });
  return { "x-api-key": body.key };
}

/** A slow replay of broken letters. */
async function begin(): Promise<string> {
  await replays.die(200, { broken: true });
  const asked = { tenantId: replays.tenantId, all: true, ratePerSecond: 20 };
  return (await replays.post("/v1/admin/dlq/retry", asked)).body.replayId;
}

/** A job that nobody works on: no worker has begun it, and none will. */
async function paused(kind: string, tenantId: string | null, createdAt = new Date()): Promise<string> {
  const { rows } = await db.query(
    `INSERT INTO jobs (id, kind, tenant_id, status, spec, created_at, created_by_kind, created_by_id, created_by_name)
     VALUES (gen_random_uuid(), $1, $2, 'paused', '{"days": 3}', $3, 'user', 'u', 'u') RETURNING id`,
    [kind, tenantId, createdAt],
  );
  return rows[0].id as string;
}

test("a replay is a job: seen, paused, resumed and cancelled there, and its own paths say the same", async () => {
  const id = await begin();
  await expect.poll(async () => (await get(`${JOBS}/${id}`)).body.progress.processed, { timeout: patience(20_000) }).toBeGreaterThan(3);
  const commanded = await replays.post<JobView>(`${JOBS}/${id}/pause`);
  expect(commanded).toMatchObject({ status: 200, body: { id, kind: "replay", status: "paused" } });
  const { body } = await get(`${JOBS}/${id}`);
  const own = await replays.get(id);
  expect(body).toMatchObject({
    tenantId: replays.tenantId,
    spec: { source: "DLQ", mode: "reprocess" },
    progress: { selected: 200, ratePerSecond: 20 },
    createdBy: own.createdBy,
    createdAt: own.createdAt,
  });
  expect(own.status).toBe("paused");
  expect((await replays.post<JobView>(`${JOBS}/${id}/resume`)).body.status).toBe("pending");
  expect((await replays.post<JobView>(`${JOBS}/${id}/cancel`)).body.status).toBe("cancelled");
  const refused = await replays.post(`${JOBS}/${id}/pause`);
  expect(refused).toMatchObject({ status: 409, body: { code: "conflict", detail: "This job is cancelled; pause does nothing to it." } });
  const { body: trail } = await get<{ items: { action: string }[] }>(`/v1/admin/audit?targetId=${id}`);
  expect(trail.items.map(({ action }) => action)).toEqual(["replay.cancel", "replay.resume", "replay.pause", "dead-letters.retry"]);
});

test("the list has all kinds, filtered, page by page, of the caller's tenant", async () => {
  const { tenantId } = replays;
  const ids = [];
  for (let n = 0; n < 5; n++) ids.unshift(await paused(n === 4 ? "retention" : "export", tenantId, new Date(Date.UTC(2026, 0, 1) + n)));
  const overall = await paused("retention", null);
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { body }: { body: JobPage } = await get<JobPage>(`${JOBS}?tenantId=${tenantId}&limit=2${cursor && `&cursor=${cursor}`}`);
    seen.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  expect(seen).toEqual(ids);
  const kinds = await get<JobPage>(`${JOBS}?tenantId=${tenantId}&kind=retention`);
  expect(kinds.body.items.map(({ id }) => id)).toEqual([ids[0]]);
  expect((await get<JobPage>(`${JOBS}?kind=retention&status=paused`)).body.items.map(({ id }) => id)).toContain(overall);
  const own = await keyOf("dead-letters:read");
  expect((await get<JobPage>(JOBS, own)).body.items.map(({ id }) => id)).toEqual(ids);
  expect((await get(`${JOBS}/${overall}`, own)).status).toBe(404);
  expect(await get(`${JOBS}?kind=lunch`)).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  expect(await get(`${JOBS}?cursor=AAAA`)).toMatchObject({ status: 400, body: { code: "invalid-request" } });
});

test("a job's kind decides who may command it", async () => {
  const id = await paused("erasure", replays.tenantId);
  const operator = await keyOf("dead-letters:read", "dead-letters:write");
  expect((await get(`${JOBS}/${id}`, operator)).body).toMatchObject({ kind: "erasure", status: "paused", progress: { selected: null } });
  expect(await replays.post(`${JOBS}/${id}/cancel`, {}, operator)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  expect((await replays.post(`/v1/admin/replay/${id}/cancel`)).status).toBe(404);
  expect((await replays.post(`${JOBS}/${id}/cancel`, {}, await keyOf("admin"))).body).toMatchObject({ status: "cancelled" });
});

test("the metric counts them by kind and status", async () => {
  await paused("export", replays.tenantId);
  const metric = async () =>
    /streamforge_jobs\{kind="export",status="paused"\} (\d+)/.exec(await (await fetch(`${stack.apiUrl}/metrics`)).text())?.[1];
  await expect.poll(metric, { timeout: patience(20_000), interval: 500 }).toMatch(/^[1-9]/);
});

test("sf jobs lists, shows, pauses, resumes, cancels and follows", async () => {
  const id = await begin();
  expect((await sf("jobs", "pause", id)).stdout).toMatch(new RegExp(`Job ${id} \\(replay\\) is paused; \\d+ of 200 done`));
  expect((await sf("jobs", "list", "--tenant", replays.tenantId, "--kind", "replay")).stdout).toMatch(
    new RegExp(`${id} +replay .* paused .* of 200`),
  );
  expect((await sf("jobs", "show", id)).stdout).toContain('"source":"DLQ"');
  expect((await sf("jobs", "resume", id)).stdout).toContain("is pending");
  const following = sf("jobs", "follow", id).catch((error: { code: number; stdout: string }) => error);
  expect((await sf("jobs", "cancel", id)).stdout).toContain("is cancelled");
  expect(await following).toMatchObject({ code: 1, stdout: expect.stringContaining("is cancelled") });
  await expect(sf("jobs", "list", "--kind", "lunch")).rejects.toThrow("Allowed choices are replay, export, retention, erasure");
});

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));

function sf(...args: string[]) {
  return promisify(execFile)(process.execPath, [SF, "--url", stack.apiUrl, "--admin-token", stack.adminToken, ...args]);
}
