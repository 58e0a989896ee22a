import type { Check, JobView } from "@streamforge/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openUsers, type Users } from "../integration/erasure-fixture.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Events of the user that is erased; the long form has 100,000 (`ERASURE_EVENTS`), and counts independently, which waits for a minute to close. */
const EVENTS = Number(process.env.ERASURE_EVENTS ?? 3_000);
const LONG = EVENTS >= 100_000;
const BATCH = 1_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Promise 31 for erasures: real kills of real processes. */
describe("an erasure", () => {
  let stack: Stack;
  let users: Users;
  beforeAll(async () => {
    const env = {
      CLAIM_IDLE_MS: "1500",
      MONGO_TIMEOUT_MS: "1200",
      ADMIN_REQUESTS_PER_MINUTE: "1000000",
      RETENTION_CRON: "off",
      DEFAULT_EVENTS_PER_SECOND: "1000000",
    };
    stack = await startStack({ env });
    users = await openUsers(stack);
  });
  afterAll(async () => {
    await users?.close();
    await stack?.stop();
  });
  let tenantId = "";
  let key = "";
  let tenants = 0;
  beforeEach(async () => {
    tenantId = `erased-${tenants++}`;
    key = await users.keyOf(tenantId);
    await users.call("POST", "/v1/admin/event-types", { tenantId, type: "sale", version: 1, schema: { type: "object", required: ["n"] } });
    await sleep(1_200);
  });

  /** Events of the user; every hundredth dies, and for each ten there is one of another user. */
  async function send(from: number, count: number): Promise<void> {
    for (let at = from; at < from + count; at += BATCH) {
      const own = Array.from({ length: Math.min(BATCH, from + count - at) }, (_, i) => ({
        eventId: `m-${at + i}`,
        eventType: "sale",
        userId: "maria",
        payload: (at + i) % 100 === 7 ? {} : { n: at + i },
      }));
      const others = own
        .filter((_, i) => i % 10 === 0)
        .map(({ eventId }) => ({ eventId: `o-${eventId}`, eventType: "sale", userId: "other", payload: { n: 1 } }));
      for (const some of [own, others]) {
        const { body } = await users.send(key, some);
        if (body.accepted !== some.length) throw new Error(JSON.stringify(body).slice(0, 300));
      }
    }
  }

  /** Nothing of the user is left, everything of the others is, and every count says so. */
  async function exact(job: JobView, events: number): Promise<void> {
    const dead = Math.ceil((events - 7) / 100);
    await users.settled(tenantId);
    expect(job).toMatchObject({ status: "completed", outcome: { events: events - dead, deadLetters: dead } });
    expect(await users.left(tenantId, "maria")).toEqual({ events: 0, letters: 0 });
    const others = Math.ceil(events / 10);
    expect((await users.left(tenantId, "other")).events).toBe(others);
    const { total } = await users.ledger(tenantId);
    expect(total).toMatchObject({
      accepted: events + others,
      stored: events - dead + others,
      dead,
      duplicate: 0,
      erased: events - dead,
      missing: 0,
    });
    expect(await users.db.collection("processing_attempts").countDocuments({ tenantId })).toBe(0);
  }

  test(`promise 31: ${EVENTS} events stored and in flight, its worker killed three times: nothing is left, every count is exact`, {
    timeout: LONG ? 1_800_000 : undefined,
  }, async () => {
    const startedAt = performance.now();
    await send(0, EVENTS / 2);
    await users.settled(tenantId);
    await stack.worker.kill("SIGKILL");
    await send(EVENTS / 2, EVENTS / 2);
    const jobId = await users.erase({ tenantId, userId: "maria" });
    const erasedAt = performance.now();
    await stack.worker.restart();
    for (const share of [0, 0.2, 0.6]) {
      const processed = async () => (await users.call<JobView>("GET", `/v1/admin/jobs/${jobId}`)).body.progress.processed;
      while ((await processed()) < share * EVENTS) await sleep(10);
      await sleep(Math.random() * 500);
      await stack.worker.kill("SIGKILL");
      await stack.worker.restart();
    }
    const job = await users.ended(jobId);
    const seconds = (ms: number) => Math.round(ms / 100) / 10;
    if (LONG)
      console.log(
        `sent in ${seconds(erasedAt - startedAt)} s, erased in ${seconds(performance.now() - erasedAt)} s, three kills among them`,
      );
    await exact(job, EVENTS);
    if (LONG) expect(await countedIndependently()).toMatchObject({ status: "agrees", differences: [] });
  });

  async function countedIndependently(): Promise<Check> {
    await sleep(90_000);
    const { body } = await users.call<Check>("POST", "/v1/admin/ledger/verify");
    for (;;) {
      const { body: list } = await users.call<{ items: Check[] }>("GET", "/v1/admin/ledger/checks");
      const own = list.items.find(({ id }) => id === body.id);
      if (own && own.status !== "running") return own;
      await sleep(200);
    }
  }

  test.each(["begun", "settled", "released", "removed"])("its worker ends at %s", async (point) => {
    await stack.worker.kill("SIGTERM");
    const doomed = await stack.startWorker({ FAULT_POINT: `erasure-${point}` });
    await send(0, 1_200);
    await users.settled(tenantId);
    const jobId = await users.erase({ tenantId, userId: "maria" });
    while (doomed.alive()) await sleep(20);
    // What is sent again from here on is new, wherever the erasure stands, or is told that the first one counts; never both.
    const again = Array.from({ length: 1_200 }, (_, n) => ({
      eventId: `m-${n}`,
      eventType: "sale",
      userId: "maria",
      payload: { n: "again" },
    }));
    const accepted = (await Promise.all([0, 600].map((at) => users.send(key, again.slice(at, at + 600))))).reduce(
      (sum, { body }) => sum + body.accepted,
      0,
    );
    // Those that died have given their identities back; those of one slice were released.
    expect(accepted).toBe(["begun", "settled"].includes(point) ? 12 : 512);
    await stack.worker.restart();
    const job = await users.ended(jobId);
    expect(job.outcome.events).toBe(1_188);
    await users.settled(tenantId);
    await expect.poll(async () => (await users.left(tenantId, "maria")).events, { timeout: patience(20_000) }).toBe(accepted);
    const left = await users.db.collection("events").find({ tenantId, userId: "maria" }).toArray();
    expect(left.every(({ payload }) => payload.n === "again")).toBe(true);
    expect((await users.left(tenantId, "maria")).letters).toBe(0);
    expect((await users.ledger(tenantId)).total).toMatchObject({
      accepted: 1_320 + accepted,
      stored: 1_308 + accepted,
      dead: 12,
      duplicate: 0,
      erased: 1_188,
    });
  });

  test("a worker that was frozen before it wrote, and wakes up after the end, brings nothing back", async () => {
    await stack.worker.kill("SIGTERM");
    const frozen = await stack.startWorker({ FAULT_POINT: "before-write", FAULT_SIGNAL: "SIGSTOP" });
    await send(0, 10);
    await sleep(300);
    await stack.worker.restart();
    const job = await users.ended(await users.erase({ tenantId, userId: "maria" }));
    await frozen.kill("SIGCONT");
    await expect.poll(() => stack.redis && users.left(tenantId, "maria"), { timeout: patience(10_000) }).toEqual({ events: 0, letters: 0 });
    await sleep(2_000);
    await exact(job, 10);
    await frozen.kill("SIGTERM");
  });

  test("cancelled while its worker is dead: it is in force no more, and what had gone stays gone", async () => {
    await send(0, 500);
    await users.settled(tenantId);
    await stack.worker.kill("SIGKILL");
    const jobId = await users.erase({ tenantId, userId: "maria", block: true });
    await stack.worker.restart();
    const active = () => users.db.collection("erasures").findOne({ _id: jobId as never });
    await expect.poll(async () => (await active())?.blocked, { timeout: patience(15_000) }).toBe(true);
    await stack.worker.kill("SIGKILL");
    expect((await users.call<JobView>("POST", `/v1/admin/jobs/${jobId}/cancel`)).body.status).toBe("cancelled");
    await stack.worker.restart();
    await expect.poll(async () => (await active())?.state, { timeout: patience(30_000) }).toBe("ended");
    expect(await active()).toMatchObject({ blocked: false, upTo: [] });
    await sleep(1_500);
    expect((await users.send(key, [{ eventId: "new", eventType: "sale", userId: "maria", payload: { n: 1 } }])).body.accepted).toBe(1);
  });

  test("MongoDB is away meanwhile: it waits, and is exact", async () => {
    await send(0, 1_000);
    const jobId = await users.erase({ tenantId, userId: "maria" });
    await stack.mongo.kill("SIGKILL");
    await sleep(3_000);
    await stack.mongo.restart();
    await exact(await users.ended(jobId), 1_000);
  });
});
