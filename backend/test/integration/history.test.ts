import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo, startRedis } from "@streamforge/infrastructure/local";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.js";
import { StorageUnavailableError } from "../../src/lib/errors.js";
import { awaitRedis, connectRedis } from "../../src/redis/connect.js";
import { createHistory } from "../../src/stats/history.js";
import { createMinutes } from "../../src/stats/minutes.js";
import type { Sample } from "../../src/stats/rates.js";
import { MOST_POINTS, seriesOf, stepSecondsFor } from "../../src/stats/series.js";
import { connectStore, type Store } from "../../src/store/mongo.js";
import { redisKeys } from "../../src/stream/keys.js";
import { patience } from "../support/yardstick.js";
import { until } from "./accounts-fixture.js";

const keys = redisKeys("sf");
const MINUTE_MS = 60_000;
/** A whole number of minutes, so that edges of steps fall on samples. */
const BEGIN_MS = Math.floor((Date.now() - 8 * 86_400_000) / 600_000) * 600_000;

let dataDir: string;
let redisServer: LocalServer;
let mongoServer: LocalServer;
let redis: Redis;
let store: Store;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-history-"));
  [redisServer, mongoServer] = await Promise.all([
    startRedis({ dataDir: join(dataDir, "redis") }),
    startMongo({ dataDir: join(dataDir, "mongodb") }),
  ]);
  redis = connectRedis(redisServer.adminUrl, "test", () => {});
  await awaitRedis(redis, redisServer.adminUrl as string);
  store = await connectStore(loadConfig({ MONGODB_URI: mongoServer.url, NODE_ENV: "test", MONGO_TIMEOUT_MS: "2000" }), "test");
});
afterAll(async () => {
  redis.disconnect();
  await store.close();
  await Promise.all([redisServer.stop(), mongoServer.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  await redis.flushall();
  await store.db.collection("history_minutes").deleteMany({});
});

const sampleAt = (atMs: number, accepted: number): Sample => ({
  atMs,
  accepted,
  stored: Math.floor(accepted * 0.9),
  dead: 0,
  duplicates: 0,
  backlog: 3,
});
const history = () => createHistory({ redis, keys, minutes: createMinutes(store.db) });
const sum = (points: { accepted: number }[], stepSeconds: number) =>
  Math.round(points.reduce((total, { accepted }) => total + accepted * stepSeconds, 0));

describe("the history", () => {
  it("of a day and of a week is true to its sums, with at most 1,500 points, after every process is new", async () => {
    const minutes = 7 * 24 * 60;
    const samples = Array.from({ length: minutes + 1 }, (_, i) => sampleAt(BEGIN_MS + i * MINUTE_MS, i * 60));
    const documents = samples.map(({ atMs, ...totals }) => ({ _id: atMs / MINUTE_MS, at: new Date(atMs), ...totals }));
    await store.db.collection<{ _id: number }>("history_minutes").insertMany(documents);
    const restarted = history();
    await restarted.record(sampleAt(BEGIN_MS + minutes * MINUTE_MS, minutes * 60));

    for (const [back, step] of [
      [61, 60],
      [1_440, 60],
      [2_880, 120],
      [minutes, 600],
    ] as const) {
      const { points, stepSeconds } = await restarted.series(back);
      expect([back, stepSeconds, points.length]).toEqual([back, step, (back * 60) / step]);
      expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
      expect(sum(points, step)).toBe(points.length * step);
      expect(new Set(points.map(({ accepted }) => accepted))).toEqual(new Set([1]));
    }
  });

  it("keeps one sample a minute, however many processes write", async () => {
    const [one, other] = [createMinutes(store.db), createMinutes(store.db)];
    for (let second = 0; second < 180; second += 5) {
      await Promise.all([
        one.record(sampleAt(BEGIN_MS + second * 1_000, second)),
        other.record(sampleAt(BEGIN_MS + second * 1_000 + 1, second)),
      ]);
    }
    expect((await one.since(BEGIN_MS)).map(({ accepted }) => accepted)).toEqual([0, 60, 120]);
  });

  it("survives a Redis that comes back empty: what was before stays, and nothing is drawn across the loss", async () => {
    const minutes = createMinutes(store.db);
    for (let i = 0; i <= 5; i++) await minutes.record(sampleAt(BEGIN_MS + i * MINUTE_MS, 1_000 + i * 60));
    for (let i = 6; i <= 10; i++) await minutes.record(sampleAt(BEGIN_MS + i * MINUTE_MS, (i - 6) * 120));
    await redis.flushall();
    const keeper = history();
    await keeper.record(sampleAt(BEGIN_MS + 10 * MINUTE_MS + 1_000, 4 * 120 + 2));
    const { points } = await keeper.series(90);
    const minuteOf = ({ at }: { at: string }) => (Date.parse(at) - BEGIN_MS) / MINUTE_MS;
    expect(points.map((point) => [minuteOf(point), point.accepted])).toEqual([
      ...[1, 2, 3, 4, 5].map((minute) => [minute, 1]),
      ...[7, 8, 9, 10].map((minute) => [minute, 2]),
    ]);
  });

  it("up to an hour comes from Redis alone, and needs no MongoDB", () => {
    const samples = Array.from({ length: 3_601 }, (_, i) => sampleAt(BEGIN_MS + i * 1_000, i * 5));
    const nowMs = BEGIN_MS + 3_600_000;
    expect(seriesOf(samples, 5, nowMs).points).toHaveLength(300);
    expect(seriesOf(samples, 60, nowMs).points).toHaveLength(360);
    expect([1, 10, 11, 60, 61, 1_500, 1_501, 10_080].map(stepSecondsFor)).toEqual([1, 1, 10, 10, 60, 60, 120, 600]);
  });
});

// Last, because it takes a store away.
describe("while MongoDB is down", () => {
  it(
    "minutes wait, the last hour is shown, a day is refused; none is missing afterwards",
    async () => {
      const keeper = history();
      const minutes = createMinutes(store.db);
      await minutes.record(sampleAt(BEGIN_MS, 0));
      await keeper.record(sampleAt(BEGIN_MS, 0));
      await mongoServer.kill("SIGKILL");
      await minutes.record(sampleAt(BEGIN_MS + MINUTE_MS, 60));
      await keeper.record(sampleAt(BEGIN_MS + MINUTE_MS, 60));
      expect((await keeper.series(10)).points.length).toBe(60);
      await expect(keeper.series(1_440)).rejects.toThrow(StorageUnavailableError);
      await mongoServer.restart();
      await until(async () => {
        await minutes.record(sampleAt(BEGIN_MS + 2 * MINUTE_MS, 120));
        return (await minutes.since(BEGIN_MS).catch(() => [])).length >= 2;
      }, patience(30_000));
      await minutes.record(sampleAt(BEGIN_MS + 3 * MINUTE_MS, 180));
      expect((await minutes.since(BEGIN_MS)).map(({ accepted }) => accepted)).toEqual([0, 60, 120, 180]);
    },
    patience(90_000),
  );
});
