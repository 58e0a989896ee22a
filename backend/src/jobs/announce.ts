import type { Redis } from "ioredis";
import type { PrismaClient } from "../accounts/database.js";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";

export interface JobAnnouncer {
  /** Tells the workers that there may be work; they look within 400 ms. Does not fail: the next look at Postgres makes up for it. */
  bump(): Promise<void>;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;

/**
 * Keeps `keys.jobs` true to Postgres: a number while a job has work, "0" while none has, so that workers need no connection to
 * Postgres to know. Looked at every 2 s by every API process; a Redis that came back empty is told again.
 */
export function createJobAnnouncer({ prisma, redis, key }: { prisma: PrismaClient; redis: Redis; key: string }): JobAnnouncer {
  let seen: string | null = null;

  const look = async (): Promise<void> => {
    const before = await redis.get(key);
    const work = await prisma.job.findFirst({
      where: { OR: [{ status: { in: ["pending", "running"] } }, { leaseOwner: { not: null } }] },
      select: { id: true },
    });
    if (work && (before === null || before === "0")) await bump();
    // Only a value that has stood since the last look: one that was set meanwhile may speak of a job that this look did not see.
    else if (!work && before !== null && before !== "0" && before === seen) await redis.set(key, "0");
    seen = before;
  };
  const bump = async (): Promise<void> => {
    await redis.set(key, `${Date.now()}-${Math.random().toString(36).slice(2)}`).catch(() => {});
  };
  return { bump, close: every(LOOK_EVERY_MS, look, { onError: unlessOutage("jobs") }).close };
}
