import { expect, test } from "vitest";
import { boundOf, isBehind, type Loss } from "./bound.js";
import type { PartitionSample } from "./samples.js";

const sample = (accepted: number, settled: number, more: Partial<PartitionSample> = {}): PartitionSample => ({
  samples: 10,
  accepted,
  settled,
  lastId: "1000-0",
  oldestAtMs: null,
  sampledAtMs: 0,
  sampledAccepted: accepted,
  ...more,
});
const loss = (before: PartitionSample[], after: PartitionSample[], more: Partial<Loss> = {}): Loss => ({
  before: { epoch: "e", at: new Date(0), partitions: before },
  after,
  ratePerSecond: 0,
  reports: [],
  ...more,
});
const empty = sample(0, 0, { samples: 0, lastId: "0-0" });

test("an empty Redis can have lost what was not settled at the last sample", () => {
  expect(boundOf("redis-empty", loss([sample(100, 60), sample(50, 50)], [empty, empty])).known).toBe(40);
  // What it has accepted since then says nothing about what it had.
  expect(boundOf("redis-empty", loss([sample(100, 60)], [sample(500, 0, { samples: 0, sampledAccepted: 0 })])).known).toBe(40);
});

test("an older one no more than it does not know, by its own last look", () => {
  const restored = (sampledAccepted: number) => sample(1_000, 900, { samples: 4, sampledAccepted });
  expect(boundOf("redis-older", loss([sample(100, 20)], [restored(90)])).known).toBe(10);
  expect(boundOf("redis-older", loss([sample(100, 95)], [restored(10)])).known).toBe(5);
});

test("a partition that lost nothing adds nothing; another data set knows nothing", () => {
  const [good, bad] = [sample(100, 50), sample(30, 10, { samples: 2, sampledAccepted: 10 })];
  expect(boundOf("redis-older", loss([sample(90, 50), sample(40, 10)], [good, bad])).known).toBe(30);
  expect(boundOf("redis-other", loss([sample(90, 50), sample(40, 10)], [good, bad])).known).toBe(70);
});

test("a stream that was deleted beside whole totals can have held all that was under way", () => {
  expect(boundOf("redis-older", loss([sample(100, 70)], [sample(110, 70, { lastId: "5-0" })])).known).toBe(30);
});

test("what came after the last sample: by those who counted, without what came after the loss; else by the rate before", () => {
  const before = [sample(100, 100)];
  expect(boundOf("redis-empty", loss(before, [empty], { ratePerSecond: 50 }))).toEqual({
    known: 0,
    since: 300,
    sinceBasis: "estimated",
    countedBy: 0,
  });
  const reports = [
    { name: "a", accepted: 80, redisAccepted: 60 },
    { name: "b", accepted: 40, redisAccepted: 70 },
  ];
  // 120 by all, 60 of them at least were accepted by the Redis that is there now.
  expect(boundOf("redis-empty", loss(before, [empty], { ratePerSecond: 50, reports }))).toMatchObject({ since: 60, countedBy: 2 });
  const older = sample(20, 20, { samples: 3, sampledAccepted: 20 });
  expect(boundOf("redis-older", loss(before, [older], { reports }))).toMatchObject({ since: 80, sinceBasis: "counted" });
});

test("behind is less of anything, by number and not by text", () => {
  const now = sample(10, 5, { lastId: "1000-9" });
  for (const more of [{ samples: 11 }, { accepted: 11 }, { settled: 6 }, { lastId: "1000-10" }, { lastId: "10000-0" }])
    expect(isBehind({ ...now, ...more }, now)).toBe(true);
  for (const more of [{}, { samples: 9 }, { lastId: "1000-8" }, { lastId: "999-99" }])
    expect(isBehind({ ...now, ...more }, now)).toBe(false);
});
