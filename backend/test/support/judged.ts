import {
  audit,
  createJournal,
  createProducer,
  type Item,
  type Journal,
  type Producer,
  settled,
  toItem,
  type Verdict,
} from "@streamforge/infrastructure/judge";
import { expect } from "vitest";
import type { Stack } from "./stack.js";
import { patience } from "./yardstick.js";

/** A producer with a journal, and the judge who compares it with what is there. */
export interface Judged {
  journal: Journal;
  producer: Producer;
  /** A tenant of its own. */
  tenantId: string;
  /** Waits until everything is settled, then judges. Fails the test unless nothing is lost, doubled or overwritten and the ledger agrees. */
  verdict(options?: { settleTimeoutMs?: number; checkLedger?: boolean }): Promise<Verdict>;
  close(): Promise<void>;
}

let tenants = 0;

/** A tenant of its own with a key, so that what others sent does not count. */
async function newTenant(stack: Stack): Promise<{ tenantId: string; apiKey: string }> {
  const tenantId = `judged-${process.pid}-${tenants++}`;
  const response = await fetch(`${stack.apiUrl}/v1/admin/keys`, {
    method: "POST",
    headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
    body: JSON.stringify({ tenantId, name: "producer", scopes: ["events:write", "events:read"] }),
  });
  expect(response.status).toBe(201);
  return { tenantId, apiKey: ((await response.json()) as { key: string }).key };
}

export async function judge(
  stack: Stack,
  options: { apiUrl?: string | string[]; ratePerSecond?: number; concurrency?: number } = {},
): Promise<Judged> {
  const journal = createJournal();
  const tenant = await newTenant(stack);
  const producer = createProducer({
    apiUrl: stack.apiUrl,
    ...tenant,
    journal,
    requestTimeoutMs: patience(10_000),
    deadlineMs: patience(60_000),
    ...options,
  });
  return {
    journal,
    producer,
    tenantId: tenant.tenantId,
    async verdict({ settleTimeoutMs = 60_000, checkLedger = true } = {}) {
      await settled({ redisUrl: stack.redis.url, keyPrefix: "sf", timeoutMs: patience(settleTimeoutMs) });
      const found = await audit({
        journal,
        mongodbUri: stack.mongo.url,
        database: "streamforge",
        redisUrl: stack.redis.url,
        keyPrefix: "sf",
        checkLedger,
      });
      expect(found.ok, found.text).toBe(true);
      expect(found, found.text).toMatchObject({
        lost: [],
        twice: [],
        overwritten: [],
        phantom: [],
        pendingEntries: 0,
        streamLength: 0,
        retrying: 0,
      });
      return found;
    },
    close: () => producer.close(),
  };
}

/** A realistic event; its id is `<prefix>-<n>`. */
export function event(prefix: string, n: number, more: object = {}): Item {
  return toItem({
    eventId: `${prefix}-${n}`,
    eventType: "order.created",
    userId: `user-${n % 500}`,
    occurredAt: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
    source: "shop",
    payload: { order: n, amount: n / 4, items: [{ sku: `sku-${n % 77}`, quantity: 2 }], note: "thanks" },
    ...more,
  } as { eventId: string });
}

export function events(prefix: string, count: number, from = 0): Item[] {
  return Array.from({ length: count }, (_, i) => event(prefix, from + i));
}

/** The same in XML. */
export function xmlEvents(prefix: string, count: number): Item[] {
  return Array.from({ length: count }, (_, n) => ({
    eventId: `${prefix}-${n}`,
    text: `<order xmlns="urn:shop"><eventId>${prefix}-${n}</eventId><eventType>order.created</eventType><userId>user-${n % 500}</userId><payload n="${n}"><amount>${n / 4}</amount><note><![CDATA[<thanks & ]]>ü</note></payload></order>`,
  }));
}

/** How long the tests of faults last: 4 in short form; with 100 they reach the promises' own figures, where a test says no other. */
export const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 4);

/** Sends a thousand events a round (400 one by one) with a fault in each; then judges: none is a dead letter. */
export async function underFault(
  stack: Stack,
  prefix: string,
  fault: () => Promise<void>,
  format: "ndjson" | "single" = "ndjson",
): Promise<Journal> {
  const count = ROUNDS * (format === "single" ? 400 : 1_000);
  const judged = await judge(stack, { ratePerSecond: 800 });
  await inRounds(judged, ROUNDS, events(prefix, count), fault, { format, batch: 20 });
  const found = await judged.verdict();
  expect(found.acknowledged).toBe(count);
  expect(found.dead).toBe(0);
  await judged.close();
  return judged.journal;
}

/**
 * Sends the items in parts, one a round. In each the fault comes when a quarter of the part is acknowledged, the others being under way:
 * by count, since how many faults fit into a load by the clock depends on the machine.
 */
export async function inRounds(
  { producer, journal }: Pick<Judged, "producer" | "journal">,
  rounds: number,
  items: Item[],
  fault: (round: number) => Promise<void>,
  options: { format: "ndjson" | "array" | "single" | "xml"; batch?: number },
): Promise<void> {
  const part = Math.ceil(items.length / rounds);
  for (let round = 0; round < rounds; round++) {
    const before = journal.acknowledged();
    let over = false;
    const load = producer.run(items.slice(round * part, (round + 1) * part), options).finally(() => (over = true));
    while (!over && journal.acknowledged() - before < part / 4) await sleep(2);
    await fault(round);
    await load;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
