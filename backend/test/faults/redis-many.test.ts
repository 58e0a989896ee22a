import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { events, inRounds, judge, ROUNDS, underFault } from "../support/judged.js";
import { type ManyRedis, startRedisCluster, startRedisSentinel } from "../support/redis-cluster.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Promise 5: Redis in several servers, with real fail-overs. Each append waits for a replica, so nothing that was acknowledged goes. */
const ENV = { REDIS_REPLICA_ACKS: "1", PARTITIONS: "5", CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200" };

/** A stack on such a Redis, for the tests of one group. */
function stackOn<R extends ManyRedis>(start: (dataDir: string) => Promise<R>): { stack: Stack; redis: R } {
  const made = {} as { stack: Stack; redis: R };
  beforeAll(async () => {
    made.stack = await startStack({ startRedis: async (dataDir) => (made.redis = await start(dataDir)), env: ENV });
  }, patience(180_000));
  afterAll(() => made.stack?.stop());
  return made;
}

describe("Redis Cluster, three masters with a replica each", () => {
  const made = stackOn(startRedisCluster);

  test("events of all partitions are stored; the ledger is exact", async () => {
    const judged = await judge(made.stack);
    await judged.producer.run(events("cluster", 2_000), { format: "ndjson", batch: 100 });
    expect((await judged.verdict()).acknowledged).toBe(2_000);
    await judged.close();
    expect(await (await fetch(`${made.stack.apiUrl}/health`)).json()).toMatchObject({ status: "ok" });
  });

  test("slots move to other masters under load", async () => {
    const judged = await judge(made.stack, { ratePerSecond: 500 });
    const move = (round: number) => made.redis.moveSlotOf(`sf:{${round % 5}}:stream`);
    await inRounds(judged, Math.min(ROUNDS, 5), events("moved", Math.min(ROUNDS, 5) * 600), move, { format: "ndjson", batch: 20 });
    const found = await judged.verdict();
    expect(found.acknowledged).toBe(Math.min(ROUNDS, 5) * 600);
    expect(found.dead).toBe(0);
    await judged.close();
  });

  test("promise 5: a master is killed and its replica promoted, again and again", () =>
    underFault(made.stack, "failed-over", () => made.redis.failOver()));
});

describe("Sentinel, a master with a replica", () => {
  const made = stackOn(startRedisSentinel);

  test("promise 5: the master is killed and its replica promoted, again and again", () =>
    underFault(made.stack, "sentinel", () => made.redis.failOver()));
});
