import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { events, inRounds, judge, ROUNDS, underFault } from "../support/judged.js";
import { type ManyRedis, type RedisCluster, startRedisCluster, startRedisSentinel } from "../support/redis-cluster.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Promise 5: Redis in several servers, with real fail-overs. Each append waits for a replica, so nothing that was acknowledged goes. */
const ENV = { REDIS_REPLICA_ACKS: "1", PARTITIONS: "5", CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200" };

describe("Redis Cluster, three masters with a replica each", () => {
  let stack: Stack;
  let redis: RedisCluster;
  beforeAll(async () => {
    const start = async (dataDir: string) => (redis = await startRedisCluster(dataDir));
    stack = await startStack({ startRedis: start, env: ENV });
  }, patience(180_000));
  afterAll(() => stack?.stop());

  test("events of all partitions are stored; the ledger is exact", async () => {
    const judged = await judge(stack);
    await judged.producer.run(events("cluster", 2_000), { format: "ndjson", batch: 100 });
    expect((await judged.verdict()).acknowledged).toBe(2_000);
    await judged.close();
    expect(await (await fetch(`${stack.apiUrl}/health`)).json()).toMatchObject({ status: "ok" });
  });

  test("slots move to other masters under load", async () => {
    const judged = await judge(stack, { ratePerSecond: 500 });
    const move = (round: number) => redis.moveSlotOf(`sf:{${round % 5}}:stream`);
    await inRounds(judged, Math.min(ROUNDS, 5), events("moved", Math.min(ROUNDS, 5) * 600), move, { format: "ndjson", batch: 20 });
    const found = await judged.verdict();
    expect(found.acknowledged).toBe(Math.min(ROUNDS, 5) * 600);
    expect(found.dead).toBe(0);
    await judged.close();
  });

  test("promise 5: a master is killed and its replica promoted, again and again", () =>
    underFault(stack, "failed-over", () => redis.failOver()));
});

describe("Sentinel, a master with a replica", () => {
  let stack: Stack;
  let redis: ManyRedis;
  beforeAll(async () => {
    const start = async (dataDir: string) => (redis = await startRedisSentinel(dataDir));
    stack = await startStack({ startRedis: start, env: ENV });
  }, patience(180_000));
  afterAll(() => stack?.stop());

  test("promise 5: the master is killed and its replica promoted, again and again", () =>
    underFault(stack, "sentinel", () => redis.failOver()));
});
