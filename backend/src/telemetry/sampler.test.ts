import { ROOT_CONTEXT } from "@opentelemetry/api";
import { SamplingDecision, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { createSampler } from "./sampler.js";

const DRAWS = 20_000;
const SPAN = "b7ad6b7169203331";

const drawn = (sampler: ReturnType<typeof createSampler>): string[] => Array.from({ length: DRAWS }, () => sampler.draw() ?? []).flat();
const parent = (sampled: boolean, traceId = "0af7651916cd43dd8448eb211c80319c") => ({ traceId, spanId: SPAN, sampled, tracestate: "" });

test("a ratio draws its share of ids, and OpenTelemetry's own sampler would take each of them", () => {
  const ids = drawn(createSampler({ sampler: "parentbased_traceidratio", ratio: 0.1 }));
  expect(ids.length / DRAWS).toBeGreaterThan(0.085);
  expect(ids.length / DRAWS).toBeLessThan(0.115);
  expect(new Set(ids).size).toBe(ids.length);
  const theirs = new TraceIdRatioBasedSampler(0.1);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(theirs.shouldSample(ROOT_CONTEXT, id).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  }
});

describe("what continues a trace", () => {
  test("goes by its parent", () => {
    const sampler = createSampler({ sampler: "parentbased_traceidratio", ratio: 0 });
    expect(sampler.continues(parent(true))).toBe(true);
    expect(sampler.continues(parent(false))).toBe(false);
    expect(sampler.draw()).toBeUndefined();
  });

  test("or by its id alone, as OpenTelemetry's own sampler", () => {
    const sampler = createSampler({ sampler: "traceidratio", ratio: 0.3 });
    const theirs = new TraceIdRatioBasedSampler(0.3);
    const ids = drawn(createSampler({ sampler: "always_on", ratio: 1 })).slice(0, 2_000);
    for (const id of ids) {
      const taken = theirs.shouldSample(ROOT_CONTEXT, id).decision === SamplingDecision.RECORD_AND_SAMPLED;
      expect(sampler.continues(parent(false, id))).toBe(taken);
    }
  });
});

test.each([
  ["always_on", 1, true],
  ["parentbased_always_on", 1, false],
  ["parentbased_always_off", 0, false],
] as const)("%s", (sampler, share, takesUnsampled) => {
  const made = createSampler({ sampler, ratio: 1 });
  expect(drawn(made).length / DRAWS).toBe(share);
  expect(made.continues(parent(false))).toBe(takesUnsampled);
});
