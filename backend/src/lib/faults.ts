import { outageOf } from "./errors.js";

/** Where an error that nobody planned for came up: a closed list, which a metric counts by. */
export const FAULT_PLACES = [
  "request",
  "batch",
  "stream",
  "jobs",
  "ledger",
  "statistics",
  "event-types",
  "export",
  "accounts",
  "heartbeat",
  "source",
] as const;
export type FaultPlace = (typeof FAULT_PLACES)[number];

type Listener = (where: FaultPlace, error: Error) => void;

const listeners = new Set<Listener>();

/** Hears of every fault of this process, like `uncaughtException`, but nothing has to end for it. @returns ends it */
export function onFault(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * What is no outage is a fault of ours, and never told as an outage: it is logged with its stack, counted, and shown on the live page
 * (`telemetry/faults.ts`). Outages are left to the caller, who knows what holds meanwhile.
 * @returns whether it was a fault
 */
export function reportFault(where: FaultPlace, error: unknown): boolean {
  if (outageOf(error)) return false;
  const fault = error instanceof Error ? error : new Error(String(error));
  for (const listener of listeners) listener(where, fault);
  return true;
}

/** For a `catch` that may forget outages, because they show elsewhere and the next run makes up for them. */
export function unlessOutage(where: FaultPlace): (error: unknown) => void {
  return (error) => void reportFault(where, error);
}
