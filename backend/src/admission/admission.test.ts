import { expect, test } from "vitest";
import { configSchema } from "../config.js";
import type { Depth } from "../stream/depth.js";
import { redisKeys } from "../stream/keys.js";
import type { Verdict } from "../stream/limiter.js";
import { createAdmission } from "./admission.js";

const config = configSchema.parse({ MAX_BACKLOG_EVENTS: "100", REDIS_MEMORY_LIMIT_RATIO: "0.5" });
const calm = { backlogEvents: 99, settledPerSecond: 10, memoryRatio: 0.49, redisOk: true };
const passed: Verdict = { allowed: true, waitMs: 0, remaining: 1 };

/** An admission that sees this depth; and the buckets that it asked for. */
function admissionAt(depth: Partial<typeof calm>, settings: Partial<typeof config> = {}, verdicts: Verdict[] = []) {
  const asked: [bucket: string, tokens: number, perSecond: number][] = [];
  const admission = createAdmission({
    depth: { current: () => ({ ...calm, ...depth }) as Depth },
    limiter: {
      take(...question) {
        asked.push(question);
        return verdicts.shift() ?? passed;
      },
    },
    keys: redisKeys("t"),
    config: { ...config, ...settings },
  });
  return { admission, asked };
}

test.each([
  [{}, undefined],
  [{ backlogEvents: 100 }, "backlog-full"],
  [{ memoryRatio: 0.5 }, "backlog-full"],
  [{ redisOk: false }, "storage-unavailable"],
])("%j is answered with %s", (depth, code) => {
  expect(admissionAt(depth).admission.refusal()).toBe(code);
});

test.each([
  [{ backlogEvents: 300_000, settledPerSecond: 5_000 }, 6],
  [{ backlogEvents: 2_000_000, settledPerSecond: 100 }, 30],
  [{ backlogEvents: 100, settledPerSecond: 5_000 }, 1],
  [{ backlogEvents: 100, settledPerSecond: 0 }, 30],
  [{ backlogEvents: 0, settledPerSecond: 0 }, 1],
])("%j has room in %d s", (depth, seconds) => {
  expect(admissionAt(depth).admission.roomInSeconds()).toBe(seconds);
});

test("once it has stopped, everything is refused for that", () => {
  const { admission } = admissionAt({ backlogEvents: 100 });
  admission.stop();
  expect(admission.refusal()).toBe("shutting-down");
});

test("without a limit nobody is asked", () => {
  const { admission, asked } = admissionAt({});
  expect(admission.takeRequest({ tenantId: "a", limits: {} }, "k")).toBeUndefined();
  expect(admission.takeEvents({ tenantId: "a", limits: {} }, 10)).toBeUndefined();
  expect(asked).toEqual([]);
});

test("a tenant's own limit is one bucket for all its keys, the default one for each key", () => {
  const { admission, asked } = admissionAt({}, { DEFAULT_REQUESTS_PER_SECOND: 5 });
  admission.takeRequest({ tenantId: "a", limits: {} }, "k");
  admission.takeRequest({ tenantId: "a", limits: { requestsPerSecond: 7 } }, "k");
  expect(asked.map(([bucket, , perSecond]) => [bucket.replace(/^.*?limit:/, ""), perSecond])).toEqual([
    ["requests:k", 5],
    ["tenant-requests:a", 7],
  ]);
});

test("a source that is paced waits until its events pass", async () => {
  const refused: Verdict = { allowed: false, waitMs: 5, remaining: 0 };
  const { admission, asked } = admissionAt({}, {}, [refused, refused, passed]);
  await admission.pace({ tenantId: "a", limits: { eventsPerSecond: 3 } }, 2);
  expect(asked).toHaveLength(3);
});
