import type { Check, Ledger } from "@streamforge/shared";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPast, type Past } from "../integration/retention-fixture.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/**
 * Promise 31, of retention: two thirds of a tenant's events are too old, and the worker is killed five times while they go, under load.
 * RETENTION_EVENTS=3000000 is the long form; it prints what live traffic felt.
 */
const EVENTS = Number(process.env.RETENTION_EVENTS ?? 12_000);
const KILLS = 5;
const YOUNG_DAYS = 2;
const OLD_DAYS = 40;
/** What a tenant of the test puts there at once; more would be in memory. */
const PORTION = 100_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let stack: Stack;
let past: Past;
beforeAll(async () => {
  const env = { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", ADMIN_REQUESTS_PER_MINUTE: "1000000", RETENTION_CRON: "off" };
  stack = await startStack({ env });
  past = await openPast(stack);
});
afterAll(async () => {
  await past?.close();
  await stack?.stop();
});

/** Batches of 100 events, ten a second. @returns ends it, with how many were accepted and what each request took, in ms */
async function load(tenantId: string) {
  const { body } = await past.call<{ key: string }>("POST", "/v1/admin/keys", { tenantId, name: "load" });
  const took: number[] = [];
  let accepted = 0;
  let stopping = false;
  const sending = (async () => {
    for (let n = 0; !stopping; n++) {
      const events = Array.from({ length: 100 }, (_, i) => ({ eventId: `live-${n}-${i}`, type: "live", payload: { n, i } }));
      const begun = performance.now();
      const answer = await past.call<{ accepted: number }>("POST", "/v1/events", events as never, { "x-api-key": body.key });
      took.push(performance.now() - begun);
      expect(answer.status).toBe(202);
      accepted += answer.body.accepted;
      await sleep(Math.max(0, 100 - (performance.now() - begun)));
    }
  })();
  return {
    took,
    async end() {
      stopping = true;
      await sending;
      return accepted;
    },
  };
}

const p99 = (values: number[]) => Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0);

async function count(): Promise<Check> {
  const begun = await past.call<Check>("POST", "/v1/admin/ledger/verify");
  for (;;) {
    const { body } = await past.call<{ items: Check[] }>("GET", "/v1/admin/ledger/checks");
    const own = body.items.find(({ id }) => id === begun.body.id);
    if (own && own.status !== "running") return own;
    await sleep(200);
  }
}

test(`promise 31: ${KILLS} kills while two thirds of ${EVENTS} events go: what should be left is left, ledger and count are exact`, async () => {
  const tenantId = "retained";
  await past.call("POST", "/v1/admin/tenants", { tenantId, name: tenantId });
  const young = EVENTS / 3;
  const old = EVENTS - young;
  for (const [days, all] of [
    [OLD_DAYS, old],
    [YOUNG_DAYS, young],
  ] as const) {
    for (let put = 0; put < all; put += PORTION) await past.store(tenantId, days, Math.min(PORTION, all - put));
  }
  const live = await load(tenantId);
  await sleep(EVENTS > 100_000 ? 20_000 : 1_000);
  const calm = p99(live.took.splice(0));

  const begunAt = performance.now();
  const jobId = await past.run({ tenantId });
  const removed = async () => EVENTS - (await past.events.countDocuments({ tenantId, eventType: "order.created" }));
  const killedAt: number[] = [];
  for (let kill = 1; kill <= KILLS; kill++) {
    while ((await removed()) < (old * kill) / (KILLS + 1)) await sleep(20);
    await stack.worker.kill("SIGKILL");
    killedAt.push(await removed());
    await stack.worker.restart();
  }
  const deadline = Date.now() + patience(EVENTS > 100_000 ? 1_800_000 : 60_000);
  let job = await past.call<{ status: string; outcome: object }>("GET", `/v1/admin/jobs/${jobId}`);
  while (job.body.status !== "completed" && Date.now() < deadline) {
    await sleep(200);
    job = await past.call("GET", `/v1/admin/jobs/${jobId}`);
  }
  const seconds = (performance.now() - begunAt) / 1_000;
  const during = p99(live.took);
  const accepted = await live.end();
  console.info(
    `${old} of ${EVENTS} removed in ${seconds.toFixed(0)} s, killed at ${killedAt.join(", ")}; accept p99 ${calm} → ${during} ms`,
  );

  expect(killedAt.every((n) => n > 0 && n < old)).toBe(true);
  expect(job.body).toMatchObject({ status: "completed", outcome: { events: old } });
  expect(await removed()).toBe(old);
  const cutoff = new Date(Date.now() - 30 * 86_400_000);
  expect(await past.events.countDocuments({ tenantId, receivedAt: { $lt: cutoff } })).toBe(0);
  await expect.poll(() => past.events.countDocuments({ tenantId, eventType: "live" }), { timeout: patience(60_000) }).toBe(accepted);

  const { body: ledger } = await past.call<Ledger>("GET", `/v1/admin/ledger?tenantId=${tenantId}&from=2020-01-01T00:00:00Z&limit=1`);
  expect(ledger.total).toMatchObject({ accepted: EVENTS + accepted, stored: EVENTS + accepted, expired: old, missing: 0 });
  await expect.poll(async () => (await count()).to, { timeout: patience(60_000), interval: 1_000 }).not.toBeNull();
  const check = await count();
  expect(check).toMatchObject({ status: "agrees", removed: old, differences: [] });
  if (EVENTS > 100_000) expect(during).toBeLessThanOrEqual(2 * Math.max(calm, 25));
});

test.each(["listed", "removed"])("its worker ends at %s", async (point) => {
  const tenantId = `ended-${point}`;
  await past.store(tenantId, OLD_DAYS, 2_000);
  const young = await past.store(tenantId, YOUNG_DAYS, 100);
  await stack.worker.kill("SIGTERM");
  const doomed = await stack.startWorker({ FAULT_POINT: `retention-${point}`, FAULT_AFTER: "3" });
  const jobId = await past.run({ tenantId });
  while (doomed.alive()) await sleep(20);
  await stack.worker.restart();
  expect(await past.ended(jobId)).toMatchObject({ status: "completed", outcome: { events: 2_000 } });
  expect(await past.events.countDocuments({ tenantId })).toBe(young.length);
  const { body: ledger } = await past.call<Ledger>("GET", `/v1/admin/ledger?tenantId=${tenantId}&from=2020-01-01T00:00:00Z&limit=1`);
  expect(ledger.total).toMatchObject({ expired: 2_000, missing: 0 });
});
