import { Counter, type Registry } from "prom-client";
import { FAULT_PLACES, onFault } from "../lib/faults.js";
import type { Logger } from "./log.js";

/** The same error is logged with its stack once in so long: a loop could write it four times a second. */
const LOG_EVERY_MS = 10_000;
const MOST_KNOWN = 100;

/** Logs and counts the unexpected errors of this process. */
export function watchFaults(
  registry: Registry,
  log: Pick<Logger, "error">,
): { seen(): { count: number; lastAtMs: number; lastWhere: string } | null; close(): void } {
  const counter = new Counter({
    name: "streamforge_internal_errors_total",
    help: "Errors that are neither a refusal nor an outage: faults of StreamForge, by where they came up",
    labelNames: ["where"],
    registers: [registry],
  });
  for (const where of FAULT_PLACES) counter.inc({ where }, 0);
  const loggedAtMs = new Map<string, number>();
  let seen: { count: number; lastAtMs: number; lastWhere: string } | null = null;

  const close = onFault((where, error) => {
    counter.inc({ where });
    seen = { count: (seen?.count ?? 0) + 1, lastAtMs: Date.now(), lastWhere: where };
    const key = `${where}: ${error.message}`;
    const now = performance.now();
    if (now - (loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    if (loggedAtMs.size >= MOST_KNOWN) loggedAtMs.clear();
    loggedAtMs.set(key, now);
    log.error({ err: error, where }, "unexpected error");
  });
  return { seen: () => seen, close };
}
