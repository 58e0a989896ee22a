import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import type { PrismaClient } from "./database.js";

const WRITE_EVERY_MS = 5_000;

/** Nobody needs to know to the second, and a row written on every request would cost more than the request. */
const ONCE_PER_MS = 60_000;

const MOST_NOTED = 50_000;

/** Writes `last_used_at` in the background, at most once a minute and key, however many processes there are. */
export function createLastUsed(prisma: PrismaClient, log: { warn(details: object, message: string): void }) {
  const writtenAtMs = new Map<string, number>();
  let due = new Set<string>();

  async function write(): Promise<void> {
    if (due.size === 0) return;
    const ids = [...due];
    due = new Set();
    try {
      await prisma.$executeRaw`UPDATE api_keys SET last_used_at = now()
        WHERE id = ANY(${ids}) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;
    } catch (error) {
      // Only a date on a page; the next use notes it again in a minute.
      log.warn({ err: error }, "when keys were last used could not be written");
    }
  }

  const writes = every(WRITE_EVERY_MS, write, { onError: unlessOutage("accounts") });

  return {
    /** Called on every use: one Map look-up. */
    note(id: string): void {
      const nowMs = performance.now();
      const before = writtenAtMs.get(id);
      if (before !== undefined && nowMs - before < ONCE_PER_MS) return;
      if (writtenAtMs.size >= MOST_NOTED) writtenAtMs.clear();
      writtenAtMs.set(id, nowMs);
      due.add(id);
    },
    async close(): Promise<void> {
      await writes.close();
      await write();
    },
  };
}
