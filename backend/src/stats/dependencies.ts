import type { Health } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { Db } from "mongodb";
import { primariesOf } from "../redis/nodes.js";

export type Dependencies = Health["dependencies"];

export interface DependencyChecks {
  /** What the last look found, not older than a second unless one is under way. Never rejects, and waits `TIMEOUT_MS` at most. */
  check(): Promise<Dependencies>;
  /** The last findings, at once. */
  last(): Dependencies;
  mongoVersion(): string;
}

const CACHED_MS = 1_000;
const TIMEOUT_MS = 2_000;

type Dependency = Dependencies["redis"];

/**
 * Looks whether the three stores answer. Health checks come from many at once, and a store that hangs must not collect them: one
 * look at a time, shared by all.
 * @param postgres a round trip to Postgres, e.g. `SELECT 1`
 */
export function createDependencyChecks({
  redis,
  db,
  postgres,
}: {
  redis: Redis;
  db: Db;
  postgres: () => Promise<unknown>;
}): DependencyChecks {
  let version = "";
  const probes = {
    redis: createProbe("Redis", async () => Promise.all(primariesOf(redis).map((server) => server.ping()))),
    mongodb: createProbe("MongoDB", async () => {
      await db.command({ ping: 1 });
      version ||= (await db.admin().buildInfo()).version;
    }),
    postgres: createProbe("Postgres", postgres),
  };
  const last = (): Dependencies => ({ redis: probes.redis.last(), mongodb: probes.mongodb.last(), postgres: probes.postgres.last() });

  return {
    async check() {
      await Promise.all(Object.values(probes).map((probe) => probe.look()));
      return last();
    },
    last,
    mongoVersion: () => version,
  };
}

function createProbe(name: string, ping: () => Promise<unknown>): { look(): Promise<void>; last(): Dependency } {
  let found: Dependency = { status: "down", latencyMs: null, detail: `${name} was not asked yet.` };
  let lookedAtMs = 0;
  let underWay: Promise<void> | undefined;
  const down: Dependency = { status: "down", latencyMs: null, detail: `${name} does not answer.` };

  const start = (): Promise<void> => {
    const startedAt = performance.now();
    return ping()
      .then(
        () => ({ status: "up", latencyMs: Math.round((performance.now() - startedAt) * 100) / 100 }) as const,
        // The cause may name hosts and users: it is for the log of the one who fails, not for an open page.
        () => down,
      )
      .then((result) => {
        found = result;
        lookedAtMs = Date.now();
        underWay = undefined;
      });
  };

  return {
    last: () => found,
    async look() {
      if (Date.now() - lookedAtMs < CACHED_MS) return;
      underWay ??= start();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          found = down;
          resolve();
        }, TIMEOUT_MS);
      });
      await Promise.race([underWay, late]);
      clearTimeout(timer);
    },
  };
}
