import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { event, events, inRounds, judge, ROUNDS, xmlEvents } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace } from "../support/yardstick.js";

/** How often a process ends at each of the points of promise 8. */
const ENDS = Math.ceil(ROUNDS / 4);

/** Promises 1, 2, 8, 20, 27 in short form: by real kill -9 of real processes. */
describe("processes that are killed", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", PARTITIONS: "2" } });
  });
  afterAll(() => stack?.stop());

  test("promise 1: the worker, again and again under load", async () => {
    const { producer, journal, verdict, close } = await judge(stack, { ratePerSecond: 2_000 });
    const kill = async (): Promise<void> => {
      await stack.worker.kill("SIGKILL");
      await stack.worker.restart();
    };
    const options = { format: "ndjson", batch: 50 } as const;
    await inRounds({ producer, journal }, ROUNDS, events("worker-kill", ROUNDS * 2_000), kill, options);
    const found = await verdict();
    expect(found.acknowledged).toBe(ROUNDS * 2_000);
    expect(found.dead).toBe(0);
    await close();
  });

  test("promise 2: the API in mid-request; the producer sends the same ids again", async () => {
    const { producer, journal, verdict, close } = await judge(stack, { ratePerSecond: 2_000 });
    const kill = async (): Promise<void> => {
      await stack.api.kill("SIGKILL");
      await stack.api.restart();
    };
    const options = { format: "array", batch: 50 } as const;
    await inRounds({ producer, journal }, ROUNDS, events("api-kill", ROUNDS * 2_000), kill, options);
    expect((await verdict()).acknowledged).toBe(ROUNDS * 2_000);
    await close();
  });

  test("promises 1 and 2 with XML: worker and API in turn", async () => {
    const { producer, journal, verdict, close } = await judge(stack, { ratePerSecond: 1_000 });
    const kill = async (round: number): Promise<void> => {
      const one = round % 2 === 0 ? stack.worker : stack.api;
      await one.kill("SIGKILL");
      await one.restart();
    };
    await inRounds({ producer, journal }, ROUNDS, xmlEvents("xml-kill", ROUNDS * 1_000), kill, { format: "xml", batch: 50 });
    const found = await verdict();
    expect(found.acknowledged).toBe(ROUNDS * 1_000);
    expect(found.dead).toBe(0);
    await close();
  });

  test.each(["received", "before-append", "after-append", "before-answer"])("promise 8: the API ends at %s", async (point) => {
    for (let end = 0; end < ENDS; end++) {
      const doomed = await stack.startApi({ FAULT_POINT: point, FAULT_AFTER: "6" });
      const { producer, verdict, close } = await judge(stack, { apiUrl: [doomed.url, stack.apiUrl], concurrency: 4 });
      await producer.run(events(`api-${point}-${end}`, 600), { format: "ndjson", batch: 20 });
      expect(doomed.alive()).toBe(false);
      expect((await verdict()).acknowledged).toBe(600);
      await close();
    }
  });

  test.each(["before-write", "after-write", "before-settle", "after-settle"])("promise 8: the worker ends at %s", async (point) => {
    for (let end = 0; end < ENDS; end++) {
      const doomed = await stack.startWorker({ FAULT_POINT: point, FAULT_AFTER: "3" });
      const { producer, verdict, close } = await judge(stack, { concurrency: 4, ratePerSecond: 1_000 });
      await producer.run(events(`worker-${point}-${end}`, 1_500), { format: "ndjson", batch: 10 });
      const found = await verdict();
      expect(found.acknowledged).toBe(1_500);
      expect(found.dead).toBe(0);
      expect(doomed.alive()).toBe(false);
      await close();
    }
  });

  test("promise 27: an event that ends every worker that touches it becomes one dead letter, its neighbours are stored", async () => {
    await stack.worker.kill("SIGTERM");
    const workers = await stack.startWorker({ FAULT_TEXT: "this one kills" });
    const { producer, verdict, close } = await judge(stack);
    const batch = [...events("poison", 30), event("poison", 30, { payload: { note: "this one kills" } }), ...events("poison", 30, 31)];
    await producer.send(batch, { format: "ndjson" });
    let deaths = 0;
    let restarting: Promise<void> | undefined;
    const supervise = setInterval(() => {
      if (workers.alive() || restarting) return;
      deaths++;
      restarting = workers.restart().finally(() => {
        restarting = undefined;
      });
    }, 50);
    const found = await verdict().finally(() => clearInterval(supervise));
    await restarting;
    expect(found.stored).toBeGreaterThanOrEqual(60);
    expect(found.dead).toBe(1);
    // Three deliveries, and three deaths with the event alone.
    expect(deaths).toBe(6);
    await workers.kill("SIGTERM");
    await stack.worker.restart();
    await close();
  });

  test("promise 20: SIGTERM of everything in turn: no answer but success and 503, out in time", async () => {
    const second = await stack.startApi();
    const { producer, journal, verdict, close } = await judge(stack, { apiUrl: [stack.apiUrl, second.url], ratePerSecond: 500 });
    const slowest = { ms: 0 };
    const roll = async (one: Stack["api"]): Promise<void> => {
      const before = Date.now();
      await one.kill("SIGTERM");
      slowest.ms = Math.max(slowest.ms, Date.now() - before);
      await one.restart();
    };
    const rollAll = async (): Promise<void> => {
      await roll(stack.api);
      await roll(second);
      await roll(stack.worker);
    };
    const options = { format: "ndjson", batch: 10 } as const;
    await inRounds({ producer, journal }, ROUNDS, events("rolling", ROUNDS * 1_200), rollAll, options);
    expect(slowest.ms).toBeLessThan(atThisPace(10_000));
    const found = await verdict();
    expect(found.acknowledged).toBe(ROUNDS * 1_200);
    const answers = new Set(
      [...journal.identities.values()].flatMap((identity) =>
        identity.bodies.flatMap((body) => body.attempts.map((attempt) => attempt.status)),
      ),
    );
    // 0 is a connection that was refused while its process was down: with one process a port, there is nobody to answer.
    expect([...answers].filter((status) => ![0, 202, 207, 409, 503].includes(status))).toEqual([]);
    await second.kill("SIGTERM");
    await close();
  });
});
