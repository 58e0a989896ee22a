import { expect, it } from "vitest";
import type { Situation } from "./situation.js";
import { someDepth, someSituation } from "./testing.js";
import { createWarnings } from "./warnings.js";

const startMs = Date.parse("2026-11-21T14:03:00Z");
const dying = (dead: number): Partial<Situation> => ({ rates: { accepted: 50, stored: 50, dead, duplicates: 0, backlog: 0 } });

/** What warns, second after second, from situations given as `[second, what is different]`. */
function follow(...looks: [second: number, parts: Partial<Situation>][]) {
  const warningsOf = createWarnings();
  return looks.map(([second, parts]) => warningsOf(someSituation({ nowMs: startMs + second * 1000, ...parts })));
}

it("has nothing to say of a system at rest", () => expect(follow([0, {}])).toEqual([[]]));

it("keeps a warning by a rate until it has not held for a minute, and says since when it does not", () => {
  const [first, eased, again, still, gone] = follow([0, dying(1.2)], [1, dying(0.9)], [30, dying(3)], [89, dying(0)], [90, dying(0)]);
  expect(first).toMatchObject([{ code: "dead-letters-fast", message: "1.2 events a second became dead letters over the last 10 s." }]);
  expect(first?.[0]).not.toHaveProperty("easedAt");
  expect(eased).toMatchObject([{ code: "dead-letters-fast", easedAt: "2026-11-21T14:03:00.000Z" }]);
  expect(again?.[0]).not.toHaveProperty("easedAt");
  expect(still).toMatchObject([{ code: "dead-letters-fast", easedAt: "2026-11-21T14:03:30.000Z" }]);
  expect(gone).toEqual([]);
});

it("keeps it in its place among the others", () => {
  const limits = { ...someSituation().limits, partitionsSet: 8 };
  const [held, eased] = follow([0, { ...dying(5), limits }], [1, { ...dying(0), limits }]);
  expect(held?.map(({ code }) => code)).toEqual(["dead-letters-fast", "partitions-differ"]);
  expect(eased?.map(({ code }) => code)).toEqual(["dead-letters-fast", "partitions-differ"]);
});

it("takes back at once what is a fact: nobody is told of a 503 that is no longer answered", () => {
  const filled = (backlogEvents: number): Partial<Situation> => ({ depth: someDepth({ backlogEvents }) });
  const [full, near, free] = follow([0, filled(1_000)], [1, filled(900)], [2, filled(0)]);
  expect(full).toMatchObject([{ code: "backlog-full", severity: "critical" }]);
  expect(near).toMatchObject([{ code: "backlog-near-limit" }]);
  // Nothing waits: no warning says that much does, not even that it did a moment ago.
  expect(free).toEqual([]);
  expect(follow([0, filled(1_000)], [1, filled(0)])[1]).toEqual([]);
  const away = { depth: someDepth({ redisOk: false }) };
  expect(follow([0, away], [1, {}]).map((all) => all.map(({ code }) => code))).toEqual([["redis-away"], []]);
});

it("says times in full, and to a person, not to a program", () => {
  const ledger = {
    atMs: startMs,
    closedUntilMs: startMs,
    missing: 2,
    surplus: 1,
    acknowledged: 0,
    alarms: [],
    check: null,
    missingSinceMs: startMs,
  };
  const [all = []] = follow([0, { ledger }]);
  expect(all[0]?.message).toBe("2 events accepted since 2026-11-21 14:03:00 UTC are neither stored nor a dead letter.");
  const [more = []] = follow([0, { ...dying(9), depth: someDepth({ oldestAgeSeconds: 90, retrying: 2, backlogEvents: 999 }) }]);
  for (const { message, action } of [...all, ...more]) expect(`${message} ${action}`).not.toMatch(/\/v1\/|GET |POST |processing_attempts/);
});

it("says nothing of a growing backlog beside a backlog of nothing", () => {
  const growing = {
    depth: someDepth({ backlogEvents: 50_000 }),
    rates: { accepted: 9, stored: 0, dead: 0, duplicates: 0, backlog: 9_000 },
  };
  const limits = { ...someSituation().limits, maxBacklogEvents: 1_000_000 };
  const [grows, eased, gone] = follow(
    [0, { ...growing, limits }],
    [1, { limits, depth: someDepth({ backlogEvents: 400 }) }],
    [2, { limits, depth: someDepth() }],
  );
  expect(grows).toMatchObject([{ code: "backlog-growing" }]);
  expect(eased).toMatchObject([{ code: "backlog-growing", easedAt: "2026-11-21T14:03:00.000Z" }]);
  expect(gone).toEqual([]);
});

const worker = (parts: object) => ({ ...(someSituation().workers[0] as Situation["workers"][number]), ...parts });

it("says once that many processes of one host ended together, with their number", () => {
  const gone = Array.from({ length: 15 }, (_, i) =>
    worker({ name: `w-${i}`, host: "big", alive: false, atMs: startMs - 6_000 - i * 1_000 }),
  );
  const [all] = follow([
    0,
    { workers: [...gone, worker({ name: "other", host: "small", alive: false, atMs: startMs - 9_000 }), worker({})] },
  ]);
  expect(all?.map(({ code, message }) => [code, message])).toEqual([
    ["worker-silent", "15 workers of big are silent, the first one for 20 s."],
    ["worker-silent", "Worker other has been silent for 9 s."],
  ]);
});

it("does not call a worker missing or dead while events are settled, and does as soon as they are not", () => {
  const workers = [worker({ alive: false, atMs: startMs - 8_000 })];
  const codes = (settledAtMs: number) => follow([0, { workers, settledAtMs }])[0]?.map(({ code }) => code);
  expect(codes(startMs - 1_000)).toEqual([]);
  expect(codes(startMs - 6_000)).toEqual(["no-worker", "worker-silent"]);
});

it("shows an unexpected error of any process for ten minutes, as what it is", () => {
  const faulty = (lastAtMs: number) => ({ workers: [worker({ faults: { count: 2, lastAtMs, lastWhere: "batch" } })] });
  const [fresh] = follow([0, faulty(startMs - 1_000)]);
  expect(fresh).toMatchObject([{ code: "internal-errors", severity: "warning" }]);
  expect(fresh?.[0]?.message).toBe(
    "2 unexpected errors in one process, the last one at 2026-11-21 14:02:59 UTC in w (batch). This is a fault of StreamForge, and no outage.",
  );
  expect(follow([0, faulty(startMs - 601_000)])[0]).toEqual([]);
});

it("names the tenant whose events lie in many hours", () => {
  const [few, many] = follow([0, { mostHours: { tenantId: "t", hours: 40_000 } }], [1, { mostHours: { tenantId: "t", hours: 100_000 } }]);
  expect(few).toEqual([]);
  expect(many).toMatchObject([{ code: "many-event-hours", message: expect.stringContaining("Events of t lie in 100,000 hours") }]);
});
