import { jobKinds, jobStatuses } from "@streamforge/shared";
import { Gauge, type Registry } from "prom-client";
import type { Jobs } from "../jobs/jobs.js";
import { unlessOutage } from "../lib/faults.js";

const KEEP_MS = 5_000;

/** `streamforge_jobs{kind,status}`, counted in Postgres at most every 5 s while somebody scrapes. Without Postgres it keeps what it knew. */
export function registerJobsGauge(registry: Registry, counts: Jobs["counts"]): void {
  let countedAt = Number.NEGATIVE_INFINITY;
  new Gauge({
    name: "streamforge_jobs",
    help: "Jobs by kind and status",
    labelNames: ["kind", "status"],
    registers: [registry],
    async collect() {
      if (performance.now() - countedAt < KEEP_MS) return;
      countedAt = performance.now();
      const found = await counts().catch(unlessOutage("jobs"));
      if (!found) return;
      for (const kind of jobKinds) for (const status of jobStatuses) this.set({ kind, status }, 0);
      for (const { kind, status, count } of found) this.set({ kind, status }, count);
    },
  });
}
