import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { events, judge, sleep, underFault } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";

/** Promises 3, 6, 9, 10 and 14 in short form: the stores are killed, cut, full; the worker is frozen. */
describe("stores that fail", () => {
  let stack: Stack;
  let redis: Redis;
  beforeAll(async () => {
    stack = await startStack({ env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", CIRCUIT_OPEN_MS: "500" } });
    redis = new Redis(stack.redis.adminUrl);
    redis.on("error", () => {});
  });
  afterAll(async () => {
    redis?.disconnect();
    await stack?.stop();
  });

  test("promise 3: Redis is killed, again and again", async () => {
    await underFault(stack, "redis-kill", async () => {
      await stack.redis.kill("SIGKILL");
      await stack.redis.restart();
    });
  });

  test("promise 6: MongoDB is killed during bulks; an outage makes no dead letter", async () => {
    await underFault(stack, "mongo-kill", async () => {
      await stack.mongo.kill("SIGKILL");
      await stack.mongo.restart();
    });
  });

  test("promise 9: the worker is frozen past the claim time, another one takes over, then it wakes", async () => {
    const other = await stack.startWorker();
    await underFault(stack, "frozen", async () => {
      await stack.worker.kill("SIGSTOP");
      await sleep(2_500);
      await stack.worker.kill("SIGCONT");
    });
    await other.kill("SIGTERM");
  });

  test("promise 10: replies of Redis are lost, and no event that was sent once is called a duplicate", async () => {
    const cut = async (): Promise<void> => {
      // Several times a round, so that some cut meets an append whose reply is on its way.
      for (let again = 0; again < 5; again++) await cutOnce();
    };
    const cutOnce = async (): Promise<void> => {
      await sleep(20);
      const clients = (await redis.call("CLIENT", "LIST")) as string;
      for (const [, id] of clients.matchAll(/^id=(\d+) .*name=\S*:append /gm)) await redis.call("CLIENT", "KILL", "ID", id as string);
    };
    // One by one: only then does each event have an answer of its own.
    const journal = await underFault(stack, "cut", cut, "single");
    const bodies = [...journal.identities.values()].flatMap((identity) => identity.bodies);
    const falselyDuplicate = bodies.filter((body) => body.attempts.length === 1 && body.attempts[0]?.code === "duplicate");
    expect(falselyDuplicate).toEqual([]);
  });

  test("promise 14: with Redis full there is no 202, and it heals", async () => {
    const { producer, verdict, close } = await judge(stack);
    const [, limit] = (await redis.config("GET", "maxmemory")) as [string, string];
    await redis.config("SET", "maxmemory", "1mb");
    await sleep(600);
    const request = { method: "POST", headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" } };
    const refused = await fetch(`${stack.apiUrl}/v1/events`, { ...request, body: JSON.stringify({ eventId: "full-1", eventType: "T" }) });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(((await refused.json()) as { code: string }).code).toBe("backlog-full");
    await redis.config("SET", "maxmemory", limit);
    await producer.run(events("healed", 200), { format: "single" });
    expect((await verdict()).acknowledged).toBe(200);
    await close();
  });
});
