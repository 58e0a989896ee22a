import { type MetricObjectWithValues, type MetricValue, type OpenMetricsContentType, Registry } from "prom-client";
import { qualityOf } from "../lib/accept.js";

/** A metric with its values, as a registry tells it or a worker told it. */
export type Family = MetricObjectWithValues<MetricValue<string>>;

/**
 * Metrics as text. OpenMetrics, when it is asked for (`Accept: application/openmetrics-text`, as Prometheus does), has exemplars beside the
 * buckets of latencies: the traces that took so long. Families of the same name, from an api and its workers, become one.
 */
export async function expose(families: readonly Family[], accept: string | undefined): Promise<{ contentType: string; text: string }> {
  const open = prefersOpenMetrics(accept);
  // A registry of its own: writing OpenMetrics renames counters, and those of the process keep their names.
  const registry = open ? openMetricsRegistry() : new Registry();
  const merged = new Map<string, Family>();
  for (const family of families) {
    const known = merged.get(family.name);
    merged.set(family.name, known ? { ...known, values: [...known.values, ...family.values] } : family);
  }
  for (const family of merged.values()) {
    const isCounter = String(family.type) === "counter";
    const named = { ...family, name: open && isCounter ? family.name.replace(/_total$/, "") : family.name };
    registry.registerMetric({ ...named, get: async () => named } as never);
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/** One that takes histograms with exemplars. */
export function openMetricsRegistry(): Registry {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry as unknown as Registry;
}

/** Text wins where both are as welcome; who says nothing gets text. */
function prefersOpenMetrics(accept: string | undefined): boolean {
  const open = qualityOf(accept, "application/openmetrics-text");
  return open > 0 && open > qualityOf(accept, "text/plain");
}
