import { eventFormats, itemStatuses, problems, reasonCodes } from "@streamforge/shared";
import { expect, it } from "vitest";
import { FAULT_PLACES } from "../lib/faults.js";
import { watchFaults } from "./faults.js";
import { createIngestMetrics, createRegistry, createWorkerMetrics } from "./metrics.js";

const KNOWN: Record<string, readonly string[]> = {
  streamforge_ingest_total: itemStatuses,
  streamforge_ingest_bodies_total: eventFormats,
  streamforge_rejected_total: Object.keys(problems),
  streamforge_worker_events_total: ["stored", "duplicate", "dead"],
  streamforge_worker_dlq_total: reasonCodes,
  streamforge_internal_errors_total: FAULT_PLACES,
  streamforge_waits_total: ["decided", "deadline", "left", "stopped", "refused"],
};

it("has every counter from the start, at 0 for every known label value", async () => {
  const registry = createRegistry();
  createIngestMetrics(registry);
  createWorkerMetrics(registry);
  watchFaults(registry, { error() {} }).close();
  const counters = (await registry.getMetricsAsJSON()).filter(
    ({ type, name }) => String(type) === "counter" && !name.startsWith("process_"),
  );
  expect(counters.length).toBeGreaterThanOrEqual(10);
  for (const { name, values } of counters) {
    expect(values.every(({ value }) => value === 0) && values.length > 0, name).toBe(true);
    const labelled = values.flatMap(({ labels }) => Object.values(labels ?? {}));
    expect([name, labelled]).toEqual([name, [...(KNOWN[name] ?? [])]]);
  }
});
