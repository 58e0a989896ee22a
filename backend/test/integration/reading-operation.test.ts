import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startPostgres } from "@streamforge/infrastructure/local";
import { healthSchema, historySchema, type Stats, statsSchema } from "@streamforge/shared";
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLetterQueries } from "../../src/dead-letters/queries.js";
import { createBodyReader } from "../../src/http/body.js";
import { readBuild } from "../../src/http/build.js";
import { healthRoutes } from "../../src/http/routes/health.js";
import { ledgerRoutes } from "../../src/http/routes/ledger.js";
import { statsRoutes } from "../../src/http/routes/stats.js";
import { createServer } from "../../src/http/server.js";
import { createLedger } from "../../src/ledger/ledger.js";
import { createDependencyChecks } from "../../src/stats/dependencies.js";
import { registerStatsGauges } from "../../src/stats/gauges.js";
import { createHistory, type HistoryKeeper } from "../../src/stats/history.js";
import { createMinutes } from "../../src/stats/minutes.js";
import { type Sampler, startSampler } from "../../src/stats/sampler.js";
import { createDepth, type DepthMonitor } from "../../src/stream/depth.js";
import { createLog } from "../../src/telemetry/log.js";
import { createIngestMetrics, createRegistry } from "../../src/telemetry/metrics.js";
import { atThisPace } from "../support/yardstick.js";
import { asAdmin, asKey, asPerson, type Reading, sleep, startReading, until } from "./reading-fixture.js";

let reading: Reading;
let postgres: LocalServer;
let dataDir: string;
let pool: Pool;
let depth: DepthMonitor;
let sampler: Sampler;
let history: HistoryKeeper;
let url: string;
let stopping = false;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-operation-"));
  [reading, postgres] = await Promise.all([startReading(), startPostgres({ dataDir: join(dataDir, "postgres") })]);
  const { redis, keys, store, app, auth } = reading;
  pool = new Pool({ connectionString: postgres.url, connectionTimeoutMillis: 1_000 });
  pool.on("error", () => {});
  depth = createDepth({ redis, keys, partitions: 1, pollMs: 100 });
  history = createHistory({ redis, keys, minutes: createMinutes(store.db) });
  const letters = createLetterQueries(store);
  const ledger = createLedger({ redis, keys, partitions: 1, db: store.db });
  const checks = createDependencyChecks({ redis, db: store.db, postgres: () => pool.query("SELECT 1") });
  const limits = {
    maxBacklogEvents: 1_000,
    memoryRatio: 0.7,
    partitionsSet: 4,
    partitions: 1,
    hoursPerTenant: 20_000,
    kafka: false,
    unsafe: ["Redis appendfsync is everysec."],
  };
  const hours = { most: async () => undefined };
  sampler = await startSampler({ redis, keys, depth, ledger, letters, checks, history, hours, limits });
  const registry = createRegistry();
  createIngestMetrics(registry);
  registerStatsGauges(registry, sampler.current, sampler.mostHours);
  const refusal = () => (stopping ? "shutting-down" : depth.current().redisOk ? undefined : "storage-unavailable");
  await app.register(
    healthRoutes({ checks, refusal, registry, workersMetrics: async () => [], startedAtMs: Date.now(), build: readBuild(undefined) }),
  );
  await app.register(statsRoutes({ auth, sampler, history }));
  await app.register(ledgerRoutes({ auth, ledger, letters }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  sampler?.close();
  depth?.close();
  await reading?.stop();
  await pool?.end();
  await postgres?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const stats = async () => statsSchema.parse((await reading.get("/v1/stats")).body);
const codes = ({ warnings }: Stats) => warnings.map(({ code }) => code);
const events = (prefix: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({ eventId: `${prefix}-${i}`, type: "T", userId: `u-${i}` }));

describe("statistics", () => {
  it("of an empty system are complete, and its warnings say what to do", async () => {
    const now = await stats();
    expect(now.ledger).toEqual({
      missing: 0,
      acknowledged: 0,
      alarms: [],
      verdict: "complete",
      sentence: "Nothing is missing: no event has been accepted yet.",
    });
    expect(now.backlog).toEqual({ events: 0, oldestAgeSeconds: null, drainEtaSeconds: 0, retrying: 0 });
    expect(now.storage).toMatchObject({ redis: { ok: true }, mongodb: { ok: true }, postgres: { ok: true } });
    expect(now.storage.redis.version).toMatch(/^\d+\.\d+/);
    expect(now.storage.mongodb.version).toMatch(/^\d+\.\d+/);
    expect(codes(now).toSorted()).toEqual(["no-worker", "partitions-differ", "unsafe-settings"]);
    for (const { action, since } of now.warnings) expect([action.length > 10, Date.parse(since as string) > 0]).toEqual([true, true]);
  });

  it("show what waits while there is no worker", async () => {
    await reading.accept("acme", events("w", 950));
    await until(() => depth.current().backlogEvents === 950);
    expect(depth.current()).toMatchObject({
      redisOk: true,
      totals: { accepted: 950, stored: 0 },
      partitions: [{ partition: 0, backlogEvents: 950 }],
    });
    await until(async () => (await stats()).backlog.events === 950);
    const now = await stats();
    expect(now.eps.accepted).toBeGreaterThan(0);
    expect(now.backlog.oldestAgeSeconds).toBeGreaterThanOrEqual(0);
    expect(now.ledger).toMatchObject({ verdict: "in-flight", sentence: expect.stringContaining("950 are in flight") });
    expect(codes(now)).toEqual(expect.arrayContaining(["no-worker", "backlog-near-limit"]));
    const since = now.warnings.find(({ code }) => code === "no-worker")?.since;
    expect(Date.parse(since as string)).toBeLessThan(Date.parse(now.at));
  });

  it("show worker, totals and latency once it is stored, and say that nothing is missing", async () => {
    const worker = await reading.startWorker();
    await reading.settled();
    await until(async () => (await stats()).ledger.verdict === "complete" && !codes(await stats()).includes("no-worker"));
    await until(async () => (await stats()).latencyMs.storeP99 !== null);
    const now = await stats();
    expect(now.ledger.sentence).toBe("Nothing is missing: all 950 accepted events are stored or dead letters.");
    expect(now.totals).toEqual({ accepted: 950, stored: 950, dead: 0, duplicates: 0 });
    expect(now.partitions).toMatchObject([{ partition: 0, backlogEvents: 0, entries: 0, accepted: 950, settled: 950 }]);
    expect(now.workers).toMatchObject([{ alive: true, circuit: "closed", inHand: 0 }]);
    // Nothing waits, so nothing says that much does.
    expect(codes(now)).not.toContain("backlog-near-limit");
    expect(now.latencyMs.storeP99).toBeGreaterThan(0);
    await worker.close();
    await until(async () => codes(await stats()).includes("no-worker"));
  });

  it("call an event that vanished missing, with the minute, and a silent process silent", async () => {
    const minute = Math.floor(Date.now() / 60_000) - 3;
    const { ledger } = reading.keys.partition(0);
    await reading.redis.hset(ledger, `${minute}:acme:a`, 2, `${minute}:acme:s`, 1);
    await reading.redis.hset(
      reading.keys.workers,
      "ghost",
      JSON.stringify({
        name: "ghost",
        host: "h",
        pid: 1,
        startedAtMs: 1,
        atMs: Date.now() - 20_000,
        storedPerSecond: 5,
        inHand: 3,
        circuit: "open",
        rssBytes: 1,
        storeP50: null,
        storeP99: null,
      }),
    );
    await until(async () => (await stats()).ledger.verdict === "missing");
    const now = await stats();
    expect(now.ledger).toEqual({
      missing: 1,
      acknowledged: 0,
      alarms: [],
      verdict: "missing",
      sentence: expect.stringMatching(/^1 event is missing since \d{4}-\d\d-\d\d \d\d:\d\d:00 UTC: accepted, yet/),
    });
    expect(codes(now)).toEqual(expect.arrayContaining(["events-missing", "worker-silent", "no-worker"]));
    expect(codes(now)).not.toContain("circuit-open");
    expect(now.workers).toMatchObject([{ name: "ghost", alive: false, storedPerSecond: 0 }]);
    await reading.redis.hdel(ledger, `${minute}:acme:a`, `${minute}:acme:s`);
    await reading.redis.hdel(reading.keys.workers, "ghost");
  });

  it("are for people: viewers see them, keys do not, whatever their scopes", async () => {
    for (const path of ["/v1/stats", "/v1/stats/history", "/v1/stats/live"]) {
      expect((await reading.get(path, asKey("acme", "admin"))).status, path).toBe(403);
      expect((await reading.get(path, {})).status, path).toBe(401);
    }
    expect((await reading.get("/v1/stats", asPerson("viewer"))).status).toBe(200);
    expect((await reading.get("/v1/stats/history?minutes=10081", asPerson("viewer"))).status).toBe(400);
  });

  it("remember the last hour across a restart, and over several processes, with true sums", async () => {
    await sleep(2_100);
    const { points, stepSeconds } = historySchema.parse((await reading.get("/v1/stats/history?minutes=10")).body);
    expect(stepSeconds).toBe(1);
    expect(points.length).toBeGreaterThanOrEqual(3);
    expect(Math.round(points.reduce((sum, { stored }) => sum + stored, 0))).toBe(950);
    const seconds = points.map(({ at }) => Date.parse(at) / 1000);
    expect(seconds).toEqual(seconds.map((_, i) => (seconds[0] as number) + i));

    const restarted = createHistory({ redis: reading.redis, keys: reading.keys, minutes: createMinutes(reading.store.db) });
    const { redisAtMs } = depth.current();
    await restarted.record({ atMs: redisAtMs, accepted: 950, stored: 950, dead: 0, duplicates: 0, backlog: 0 });
    expect((await restarted.series(10)).points.slice(0, points.length)).toEqual(points);
    // One entry a second, however many processes write.
    const ids = (await reading.redis.xrange(reading.keys.history, "-", "+")).map(([id]) => id);
    expect(new Set(ids.map((id) => id.slice(0, 10))).size).toBe(ids.length);
  });
});

describe("the live stream", () => {
  it("has room for others when one person has opened all that one may", async () => {
    const cut = new AbortController();
    const open = async (role: "operator" | "viewer") =>
      (await fetch(`${url}/v1/stats/live`, { headers: asPerson(role), signal: cut.signal })).status;
    const mine = await Promise.all(Array.from({ length: 25 }, () => open("operator")));
    expect(mine.filter((status) => status === 200).length).toBe(20);
    expect(mine.filter((status) => status === 429).length).toBe(5);
    expect(await open("viewer")).toBe(200);
    cut.abort();
  });

  async function listen(until_: (messages: Stats[]) => boolean): Promise<Stats[]> {
    const cut = AbortSignal.timeout(8_000);
    const response = await fetch(`${url}/v1/stats/live`, { headers: asPerson("viewer"), signal: cut });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const messages: Stats[] = [];
    let text = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      messages.length = 0;
      for (const [, json] of text.matchAll(/^data: (.*)$/gm)) messages.push(JSON.parse(json as string));
      if (until_(messages)) break;
    }
    return messages;
  }

  it("begins at once and then comes every second, the same to all", async () => {
    const [one, other] = await Promise.all([listen((m) => m.length >= 4), listen((m) => m.length >= 4)]);
    for (const message of one as Stats[]) statsSchema.parse(message);
    const times = (one as Stats[]).map(({ at }) => Date.parse(at));
    expect((times[3] as number) - (times[1] as number)).toBeGreaterThan(1_700);
    expect((times[3] as number) - (times[1] as number)).toBeLessThan(atThisPace(2_700));
    expect((other as Stats[]).slice(1, 3)).toEqual((one as Stats[]).slice(1, 3));
  });

  it("drops a client that does not read, and ends cleanly when the server closes", async () => {
    const log = createLog(reading.config, "api", "sse");
    const app = await createServer({ config: reading.config, log, onProblem() {}, bodies: createBodyReader(reading.config) });
    reading.auth.install(app);
    const listeners = new Set<(stats: Stats, json: string) => void>();
    const flood = {
      current: sampler.current,
      subscribe(listener: (stats: Stats, json: string) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    await app.register(statsRoutes({ auth: reading.auth, sampler: flood, history }));
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = app.server.address() as AddressInfo;

    const deaf = connect(port, "127.0.0.1");
    deaf.on("error", () => {});
    deaf.write(`GET /v1/stats/live HTTP/1.1\r\nHost: x\r\nX-Admin-Token: ${asAdmin["x-admin-token"]}\r\n\r\n`);
    deaf.pause();
    await until(() => listeners.size === 1);
    const json = JSON.stringify("x".repeat(100_000));
    let sent = 0;
    await until(async () => {
      for (const listener of listeners) listener(sampler.current(), json);
      sent++;
      await sleep(1);
      return listeners.size === 0;
    });
    expect(sent).toBeLessThan(500);
    deaf.destroy();

    const reader = await fetch(`http://127.0.0.1:${port}/v1/stats/live`, { headers: asAdmin });
    const text = reader.text();
    await until(() => listeners.size === 1);
    const startedAtMs = Date.now();
    await app.close();
    expect(await text).toContain("data: ");
    expect(Date.now() - startedAtMs).toBeLessThan(atThisPace(1_000));
  });
});

describe("the ledger's route", () => {
  it("gives minutes and totals of the chosen tenant, and what letters there are now", async () => {
    const { body, status } = await reading.get("/v1/admin/ledger?tenantId=acme&from=1970-01-01T00:00:00Z", asPerson("viewer"));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      total: { accepted: 950, stored: 950, duplicate: 0, dead: 0, inFlight: 0, missing: 0 },
      deadNow: { open: 0, replaying: 0, resolved: 0, discarded: 0, superseded: 0 },
    });
    expect((body as { items: object[] }).items[0]).toMatchObject({ tenantId: "acme", minute: expect.stringMatching(/:00\.000Z$/) });
    expect(body).toMatchObject({ truncated: false, missingSince: null });
    const lost = await reading.get("/v1/admin/ledger?tenantId=acme&from=1970-01-01T00:00:00Z&only=missing", asPerson("viewer"));
    expect(lost).toMatchObject({ status: 200, body: { items: [], total: { accepted: 950, missing: 0 } } });
    expect((await reading.get("/v1/admin/ledger?only=losses", asPerson("viewer"))).status).toBe(400);
    const own = await reading.get("/v1/admin/ledger", asKey("globex", "admin"));
    expect(own.body).toMatchObject({ items: [], total: { accepted: 0 } });
    expect((await reading.get("/v1/admin/ledger?tenantId=acme", asKey("globex", "admin"))).status).toBe(403);
    expect((await reading.get("/v1/admin/ledger", asKey("acme", "events:read"))).status).toBe(403);
  });
});

describe("health", () => {
  it("says that everything is up, ready and live, without a credential and without secrets", async () => {
    for (const path of ["/health", "/api/health"]) {
      const { status, body, text } = await reading.get(path, {});
      expect(status).toBe(200);
      expect(healthSchema.parse(body)).toMatchObject({
        status: "ok",
        dependencies: { redis: { status: "up" }, mongodb: { status: "up" }, postgres: { status: "up" } },
      });
      expect(text).not.toMatch(/127\.0\.0\.1|password|:\/\//);
    }
    for (const path of ["/ready", "/readyz", "/api/ready", "/live", "/healthz", "/api/live"])
      expect((await reading.get(path, {})).status, path).toBe(200);
    expect((await reading.get("/build", {})).body).toMatchObject({ version: "0.1.0", commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
  });

  it("offers the metrics of the contract that are the API's", async () => {
    const { text, headers } = await reading.get("/metrics", {});
    expect(headers["content-type"]).toContain("text/plain");
    const names = [
      "ingest_total",
      "ingest_duration_seconds",
      "stream_backlog_events",
      "outbox_backlog",
      "oldest_event_age_seconds",
      "dlq_size",
    ];
    for (const name of [
      ...names,
      "dedupe_hits_total",
      "ledger_missing_events",
      "circuit_state",
      "buffer_utilization_ratio",
      "rejected_total",
    ]) {
      expect(text).toContain(`# TYPE streamforge_${name} `);
    }
    expect(text).toContain("stream_events_ingested_total");
  });

  it("is not ready when it shuts down, degraded without Postgres, down without Redis", async () => {
    stopping = true;
    expect(await reading.get("/ready", {})).toMatchObject({
      status: 503,
      body: { status: "not-ready", reason: "shutting-down" },
      headers: { "retry-after": "1" },
    });
    stopping = false;

    await postgres.stop();
    await until(async () => (await reading.get("/health", {})).text.includes("degraded"));
    expect((await reading.get("/health", {})).body).toMatchObject({
      status: "degraded",
      dependencies: { postgres: { status: "down", latencyMs: null } },
    });
    expect((await reading.get("/ready", {})).status).toBe(200);
    await until(async () => codes(await stats()).includes("postgres-away"));

    await reading.redisServer.stop();
    await until(async () => (await reading.get("/ready", {})).status === 503);
    await until(async () => (await reading.get("/health", {})).status === 503);
    expect((await reading.get("/healthz", {})).status).toBe(200);
    await until(async () => (await stats()).ledger.verdict === "unknown");
    const now = await stats();
    expect(codes(now)).toContain("redis-away");
    expect(codes(now)).not.toContain("no-worker");
    expect(now.totals.accepted).toBe(950);
  });
});
