import { randomUUID } from "node:crypto";

/** Distinct users that events are spread over: enough that no shard key value is hot. */
const USERS = 10_000;
/** Those that `tenant-demo` has registered, whose key is the default: other types would be dead letters there. */
const TYPES = ["SALE", "PAYMENT"];
const SOURCES = ["shop-eu", "shop-us", "checkout", "warehouse"];
const COUNTRIES = ["DE", "FR", "IT", "US", "JP", "BR"];

export interface LoadEvent {
  eventId: string;
  eventType: string;
  userId: string;
  occurredAt: string;
  source: string;
  payload: Record<string, unknown>;
}

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** An event of about 300 bytes of JSON, distinct for each call. `n` spreads users, types and values; `atMs` is when it happened. */
export function makeEvent(n: number, atMs = Date.now()): LoadEvent {
  return {
    eventId: randomUUID(),
    eventType: pick(TYPES, n),
    // A multiplier prime to the count visits every user before it repeats one.
    userId: `user-${(n * 7919) % USERS}`,
    occurredAt: new Date(atMs).toISOString(),
    source: pick(SOURCES, n >> 2),
    payload: {
      orderId: `A-${100_000 + (n % 900_000)}`,
      amount: ((n * 37) % 50_000) / 100,
      currency: "EUR",
      items: 1 + (n % 7),
      channel: n % 3 === 0 ? "web" : "app",
      country: pick(COUNTRIES, n),
      returning: n % 2 === 0,
    },
  };
}

/** The JSON text of `count` events that happened within the last minute. */
export function makeTexts(count: number, nowMs = Date.now()): string[] {
  return Array.from({ length: count }, (_, n) => JSON.stringify(makeEvent(n, nowMs - (n % 60_000))));
}
