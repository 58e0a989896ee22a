import type { Redis } from "ioredis";
import type { Registry } from "prom-client";
import { readHeartbeats, startHeartbeat } from "../stream/heartbeat.js";
import type { Family } from "../telemetry/exposition.js";

/** What a worker counts, as its process last told. */
interface Told {
  name: string;
  atMs: number;
  metrics: Family[];
}

const EVERY_MS = 5_000;
/** One that has been silent for longer is gone; Prometheus takes a series that ends for what it is. */
const FORGET_MS = 4 * EVERY_MS;

/** Tells Redis every 5 s what this worker counts (3 KB), so that one scrape of an api shows it; the process's own figures stay with it. */
export function tellMetrics(redis: Redis, key: string, name: string, registry: Registry): { close(): Promise<void> } {
  return startHeartbeat<Told>(redis, key, async () => ({ name, atMs: Date.now(), metrics: await ofWorkers(registry) }), EVERY_MS);
}

async function ofWorkers(registry: Registry): Promise<Told["metrics"]> {
  const all = (await registry.getMetricsAsJSON()) as Told["metrics"];
  // The circuit is the api's to tell: the worst of all workers.
  return all.filter(({ name }) => /^(streamforge|stream)_/.test(name) && name !== "streamforge_circuit_state");
}

/** What all workers count, each with its name as the label `worker`. Empty while Redis does not answer. */
export async function readMetrics(redis: Redis, key: string): Promise<Family[]> {
  const told = await readHeartbeats<Told>(redis, key, Date.now(), FORGET_MS).catch(() => []);
  return told.flatMap(({ name: worker, metrics }) =>
    metrics.map((metric) => ({ ...metric, values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker } })) })),
  );
}
