import { MongoClient } from "mongodb";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admin, lines, NDJSON, newSender, settledSoon } from "../integration/sending-fixture.js";
import { sleep } from "../support/judged.js";
import { type Neighbours, repeatedly, startNeighbours } from "../support/neighbours.js";
import { type Stack, startStack } from "../support/stack.js";

/** Promise 29, what costs the processor: schemas, checks, hours and jobs of one tenant are not felt by another. */

let stack: Stack;
let neighbours: Neighbours;
let mongo: MongoClient;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "100000" } });
  neighbours = await startNeighbours(stack);
  mongo = await new MongoClient(stack.mongo.adminUrl, { directConnection: true }).connect();
});
afterAll(async () => {
  await mongo?.close();
  await neighbours?.close();
  await stack?.stop();
});

const register = (tenantId: string, type: string, schema: object) =>
  admin(stack, "POST", "/v1/admin/event-types", { tenantId, type, schema });
const filled = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const patterns = (count: number, make: (n: number) => string) => ({
  properties: Object.fromEntries(filled(count, (n) => [`p${n}`, { type: "string", pattern: make(n) }])),
});
/** Each level of a payload doubles the checks: 13 levels take some milliseconds. */
const SLOW = {
  $ref: "#/$defs/tree",
  $defs: { tree: { anyOf: [{ items: { $ref: "#/$defs/tree" }, minItems: 9 }, { items: { $ref: "#/$defs/tree" } }] } },
};
const nested = (levels: number): unknown => (levels === 0 ? [] : [nested(levels - 1)]);

describe("promise 29: a tenant feels nothing of a neighbour that", () => {
  test("registers heavy schemas, and has events held against them", async () => {
    const sender = await newSender(stack);
    expect(
      (
        await register(
          sender.tenantId,
          "many",
          patterns(98, (n) => `^(?:[a-z]{2,8}-?){1,4}${n}$`),
        )
      ).status,
    ).toBe(201);
    const events = lines(filled(20, (n) => ({ eventId: `v${n}`, eventType: "many", payload: { p0: "ab-".repeat(1_000) } })));
    let n = 0;
    const attack = async (): Promise<void> => {
      if (n++ % 2 === 0)
        await register(
          sender.tenantId,
          `heavy-${n}`,
          patterns(98, (k) => `^[\\p{L}\\p{N}]{1,${500 + k}}${n}$`),
        );
      else await sender.post("/v1/events/validate", events, NDJSON);
    };
    await neighbours.bear(async () => repeatedly(4, 50, attack));
  });

  test("sends thousands of events under a slow schema", async () => {
    const sender = await newSender(stack);
    expect((await register(sender.tenantId, "slow", SLOW)).status).toBe(201);
    await sleep(1_000);
    let n = 0;
    const batch = () => lines(filled(100, () => ({ eventId: `s${n++}`, eventType: "slow", payload: nested(12) })));
    await neighbours.bear(async () => repeatedly(3, 100, () => sender.post("/v1/events", batch(), NDJSON)));
    console.log(`${n} slow events`);
    await settledSoon(stack, 300_000);
    const left = await mongo.db("streamforge").collection("events").countDocuments({ tenantId: sender.tenantId });
    // None of them died for having waited.
    expect(left).toBe(n);
  });

  test("has events in 100,000 hours, sends more, and looks them up", async () => {
    const sender = await newSender(stack);
    const hours = mongo.db("streamforge").collection<{ _id: string; tenantId: string; hour: number }>("event_hours");
    const { tenantId } = sender;
    for (let from = 300_000; from < 400_000; from += 10_000)
      await hours.insertMany(filled(10_000, (n) => ({ _id: `${tenantId}:${from + n}`, tenantId, hour: from + n })));
    let n = 0;
    const inAnHourOfItsOwn = () => {
      const at = new Date((n % 250_000) * 3_600_000).toISOString();
      return { eventId: `h${n++}`, eventType: "t", occurredAt: at, payload: {} };
    };
    const headers = { authorization: `Bearer ${sender.key}` };
    const lookUp = async (): Promise<void> => {
      const answer = await fetch(`${stack.apiUrl}/v1/events/nobody-${n++}`, { headers });
      await answer.arrayBuffer();
      // 503: on a busy machine a store may be too late for it, which is its own trouble.
      expect([400, 404, 429, 503]).toContain(answer.status);
    };
    await neighbours.bear(async () => {
      const ended = [
        repeatedly(1, 250, () => sender.post("/v1/events", lines(filled(100, inAnHourOfItsOwn)), NDJSON)),
        repeatedly(8, 20, lookUp),
      ];
      return async () => void (await Promise.all(ended.map((end) => end())));
    });
    await settledSoon(stack, 120_000);
    expect(await hours.countDocuments({ tenantId })).toBe(100_000);
    expect(await mongo.db("streamforge").collection("event_places").countDocuments({ tenantId })).toBeGreaterThan(500);
  });
});

test("sixty queued dry runs of one tenant cost another's retry of one letter a turn or two", async () => {
  const [crowd, quiet] = [await newSender(stack), await newSender(stack)];
  for (const { tenantId } of [crowd, quiet]) await register(tenantId, "t", { properties: { n: { type: "number" } } });
  await sleep(1_000);
  const bad = (count: number) => lines(filled(count, (n) => ({ eventId: `b${n}`, eventType: "t", payload: { n: "x" } })));
  await crowd.post("/v1/events", bad(2_000), NDJSON);
  await quiet.post("/v1/events", bad(1), NDJSON);
  await settledSoon(stack, 60_000);
  const dryRun = { tenantId: crowd.tenantId, status: "DLQ", mode: "dry-run", all: true, ratePerSecond: 5 };
  const made: { status: number }[] = [];
  while (made.length < 60) made.push(...(await Promise.all(filled(10, () => admin(stack, "POST", "/v1/admin/replay", dryRun)))));
  expect(made.filter(({ status }) => status === 202)).toHaveLength(50);
  expect(made.filter(({ status }) => status === 429)).toHaveLength(10);
  const { body } = await admin(stack, "POST", "/v1/admin/dlq/retry", { tenantId: quiet.tenantId, all: true });
  const db = new pg.Client(stack.postgres.url);
  await db.connect();
  const startedAt = performance.now();
  const finished = async () => (await db.query("SELECT finished_at FROM jobs WHERE id = $1", [body.replayId])).rows[0]?.finished_at;
  while (!(await finished())) await sleep(50);
  const sql = "SELECT count(*)::int AS n FROM jobs WHERE tenant_id = $1 AND started_at <= (SELECT finished_at FROM jobs WHERE id = $2)";
  const before = (await db.query(sql, [crowd.tenantId, body.replayId])).rows[0]?.n as number;
  console.log(`the retry took ${(performance.now() - startedAt).toFixed(0)} ms; ${before} of 50 dry runs had their turn before`);
  expect(before).toBeLessThan(6);
  await db.query("UPDATE jobs SET status = 'cancelled' WHERE tenant_id = $1", [crowd.tenantId]);
  await db.end();
});
