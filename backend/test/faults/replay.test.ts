import type { Binary } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DeadLetterDocument, EventDocument } from "../../src/store/documents.js";
import { inAnotherHour, openReplays, type Replays, sleep } from "../integration/replay-fixture.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Promise 19, and what else may befall a replay: real kills of real processes. */
describe("a replay", () => {
  let stack: Stack;
  let replays: Replays;
  beforeAll(async () => {
    stack = await startStack({ env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", ADMIN_REQUESTS_PER_MINUTE: "1000000" } });
  });
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    replays = await openReplays(stack);
    return () => replays.close();
  });
  const retry = (more: object = {}) => replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true, ...more });
  const processed = async (replayId: string, least: number) => {
    while ((await replays.get(replayId)).processed < least) await sleep(5);
  };

  /** Each letter's event is stored once with its own receipt, and the counts are those of the letters. */
  async function exact(replayId: string, count: number): Promise<void> {
    const done = await replays.ended(replayId, "completed", 60_000);
    expect(done).toMatchObject({ selected: count, processed: count, outcomes: { stored: count }, message: null });
    expect(await replays.byStatus()).toEqual({ resolved: count });
    const events = await replays.events.find({ tenantId: replays.tenantId }).toArray();
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(count);
    expect(events).toHaveLength(count);
    const letters = await replays.letters.find({ tenantId: replays.tenantId }).toArray();
    const receipts = new Map(events.map(({ _id, receipt }) => [_id.toString("hex"), receipt.toString("hex")]));
    for (const letter of letters) {
      expect(receipts.get(letter.eventDocId.toString("hex"))).toBe(letter.receipt.toString("hex"));
      expect(letter.history.filter(({ what }) => what.includes("stored"))).toHaveLength(1);
    }
  }

  test("promise 19: 1,000 letters, its worker killed three times: each is stored once, and counted once", async () => {
    await replays.die(1_000);
    const { body } = await retry({ ratePerSecond: 400 });
    for (const least of [100, 400, 700]) {
      await processed(body.replayId, least);
      await sleep(Math.random() * 200);
      await stack.worker.kill("SIGKILL");
      await stack.worker.restart();
    }
    await exact(body.replayId, 1_000);
  });

  test.each(["before-write", "after-write", "counted", "applied"])("its worker ends at %s", async (point) => {
    await stack.worker.kill("SIGTERM");
    const doomed = await stack.startWorker({ FAULT_POINT: `replay-${point}`, FAULT_AFTER: "3" });
    await replays.die(300);
    const { body } = await retry();
    while (doomed.alive()) await sleep(20);
    await stack.worker.restart();
    await exact(body.replayId, 300);
  });

  test("two workers, one job: nothing twice, also when the one that has it is frozen past its lease", async () => {
    const second = await stack.startWorker();
    await replays.die(900);
    const { body } = await retry({ ratePerSecond: 100 });
    await processed(body.replayId, 100);
    for (const one of [stack.worker, second]) {
      await one.kill("SIGSTOP");
      await sleep(3_500);
      await one.kill("SIGCONT");
    }
    await exact(body.replayId, 900);
    await second.kill("SIGTERM");
  });

  test("MongoDB is away meanwhile: nobody is blamed, and the job continues afterwards", async () => {
    await replays.die(1_000);
    const { body } = await retry({ ratePerSecond: 300 });
    await processed(body.replayId, 200);
    await stack.mongo.kill("SIGKILL");
    await sleep(4_000);
    const meanwhile = await replays.get(body.replayId);
    await stack.mongo.restart();
    expect(meanwhile.status).toBe("running");
    await exact(body.replayId, 1_000);
  });

  test("Postgres is away meanwhile: the same", async () => {
    await replays.die(1_000);
    const { body } = await retry({ ratePerSecond: 300 });
    await processed(body.replayId, 200);
    await stack.postgres.kill("SIGKILL");
    await sleep(3_000);
    await stack.postgres.restart();
    await exact(body.replayId, 1_000);
  });

  test("cancelled while its worker is dead: what it had in hand becomes open again", async () => {
    await replays.die(400);
    const { body } = await retry({ ratePerSecond: 200 });
    await processed(body.replayId, 100);
    await stack.worker.kill("SIGKILL");
    const one = await replays.letters.findOne({ tenantId: replays.tenantId, status: "open" });
    // As if it had been killed with this one in hand.
    await replays.letters.updateOne({ _id: one?._id }, { $set: { status: "replaying", replay: { id: body.replayId, at: new Date() } } });
    expect((await replays.post<{ status: string }>(`/v1/admin/replay/${body.replayId}/cancel`)).body.status).toBe("cancelled");
    await stack.worker.restart();
    await expect.poll(async () => (await replays.byStatus())["replaying"], { timeout: patience(15_000) }).toBeUndefined();
    const { processed: counted } = await replays.get(body.replayId);
    expect(await replays.byStatus()).toEqual({ resolved: counted, open: 400 - counted });
  });

  test("claimed by a worker that was frozen until the job had ended: given back, and what is stored by then is resolved", async () => {
    await replays.die(3);
    const { body } = await retry({ limit: 1 });
    await replays.ended(body.replayId, "completed");
    const [first, second] = await replays.letters.find({ tenantId: replays.tenantId, status: "open" }).toArray();
    const own = { _id: second?.eventDocId, receipt: second?.receipt, hash: second?.hash } as EventDocument;
    await replays.events.insertOne({ ...inAnotherHour(second as DeadLetterDocument), ...own });
    const late = { $set: { status: "replaying" as const, replay: { id: body.replayId, at: new Date() } } };
    await replays.letters.updateMany({ _id: { $in: [first?._id, second?._id] as Binary[] } }, late);
    await expect.poll(() => replays.byStatus(), { timeout: patience(40_000) }).toEqual({ open: 1, resolved: 2 });
    expect((await replays.letters.findOne({ _id: second?._id }))?.replay?.outcome).toBe("stored");
    expect((await replays.get(body.replayId)).status).toBe("completed");
  });

  test("it fails at one letter, again and again: failed, its letters are open again, and it continues when that one is fixed", async () => {
    const [one] = await replays.die(5);
    await replays.letters.updateOne({ _id: one?._id }, { $unset: { raw: 1 } });
    const { body } = await retry();
    const failed = await replays.ended(body.replayId, "failed");
    expect(failed.message).toContain("It failed 3 times at the same place");
    await expect.poll(() => replays.byStatus(), { timeout: patience(40_000) }).toEqual({ open: 5 });
    await replays.letters.updateOne({ _id: one?._id }, { $set: { raw: one?.raw ?? "" } });
    await replays.post(`/v1/admin/replay/${body.replayId}/resume`);
    await exact(body.replayId, 5);
  });

  test("an event that ends every worker that replays it fails alone, its neighbours are stored", async () => {
    await stack.worker.kill("SIGTERM");
    const doomed = await stack.startWorker({ FAULT_TEXT: "this one kills" });
    await replays.die(20);
    await replays.die(1, { prefix: "poison", more: { payload: { note: "this one kills" } } });
    await replays.die(20, { prefix: "f" });
    const { body } = await retry();
    let deaths = 0;
    for (let done = false; !done; ) {
      if (!doomed.alive()) {
        deaths++;
        await doomed.restart();
      }
      await sleep(50);
      done = (await replays.get(body.replayId)).status === "completed";
    }
    const done = await replays.get(body.replayId);
    expect(done.outcomes).toEqual({ stored: 40, failed: 1 });
    expect(done.report.failures).toMatchObject([
      { eventId: "poison-0", code: "UNPROCESSABLE", message: "3 workers died, each while it replayed this event alone" },
    ]);
    expect(deaths).toBeLessThanOrEqual(8);
    await doomed.kill("SIGTERM");
    await stack.worker.restart();
  });

  test("a producer sends corrected bodies while it runs: one body of each event is stored, nothing is overwritten", async () => {
    await replays.die(600);
    const key = await replays.post<{ key: string }>("/v1/admin/keys", { tenantId: replays.tenantId, name: "p", scopes: ["events:write"] });
    const { body } = await retry({ ratePerSecond: 200 });
    const corrected = Array.from({ length: 600 }, (_, n) => ({
      eventId: `e-${n}`,
      eventType: "order.created",
      userId: `user-${n % 50}`,
      occurredAt: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
      payload: { corrected: true },
    }));
    for (let from = 599; from >= 0; from -= 20) {
      const items = corrected.slice(Math.max(0, from - 19), from + 1);
      const sent = await fetch(`${stack.apiUrl}/v1/events`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": key.body.key },
        body: JSON.stringify(items),
      });
      expect(sent.status).toBe(202);
      await sleep(60);
    }
    const done = await replays.ended(body.replayId, "completed", 60_000);
    await sleep(1_500);
    const stored = await replays.events.find({ tenantId: replays.tenantId }).toArray();
    expect(stored).toHaveLength(600);
    const byReplay = stored.filter(({ payload }) => !(payload as { corrected?: boolean }).corrected).length;
    expect(byReplay).toBeGreaterThan(0);
    expect(byReplay).toBeLessThan(600);
    expect(done.outcomes.stored).toBe(byReplay);
    // The letters of this test: resolved where the replay was first, superseded where the producer was. The producer's, where it came second: conflicts.
    const letters = await replays.letters.find({ tenantId: replays.tenantId }).toArray();
    const count = (status: string, reason: string) => letters.filter((one) => one.status === status && one.reasonCode === reason).length;
    expect(count("resolved", "UNPROCESSABLE")).toBe(byReplay);
    expect(count("superseded", "UNPROCESSABLE")).toBe(600 - byReplay);
    expect(count("open", "IDENTITY_CONFLICT")).toBe(byReplay);
    expect(letters).toHaveLength(600 + byReplay);
  });
});
