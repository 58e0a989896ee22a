import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalServer } from "@streamforge/infrastructure/local";
import { startPostgres, startRedis } from "@streamforge/infrastructure/local";
import type { Redis } from "ioredis";
import { type Authenticator, createAuthenticator } from "../../src/accounts/authenticator.js";
import { migrate } from "../../src/accounts/bootstrap.js";
import { createPrisma, type PrismaClient } from "../../src/accounts/database.js";
import { type Config, loadConfig } from "../../src/config.js";
import type { Guesses } from "../../src/http/guesses.js";
import { awaitRedis, connectRedis } from "../../src/redis/connect.js";
import { redisKeys } from "../../src/stream/keys.js";
import { patience } from "../support/yardstick.js";

/** Real Redis and Postgres of the test file's own, migrated. */
export interface Accounts {
  redisServer: LocalServer;
  postgresServer: LocalServer;
  prisma: PrismaClient;
  redis: Redis;
  config: Config;
  /** One more process's worth of authenticator, with connections of its own. */
  authenticator(through?: { subscriberUrl?: string; redisUrl?: string; databaseUrl?: string }): Promise<Authenticator>;
  stop(): Promise<void>;
}

export const keys = redisKeys("sf");
export const log = { warn() {} };

/** Wrong credentials are 401 and count nothing; for tests about something else. */
export const NO_GUESSES: Guesses = { adminToken: async () => null, key: () => null, mayLookUp: () => true };

export async function startAccounts(env: Record<string, string> = {}): Promise<Accounts> {
  const dataDir = mkdtempSync(join(tmpdir(), "sf-accounts-"));
  const [redisServer, postgresServer] = await Promise.all([
    startRedis({ dataDir: join(dataDir, "redis") }),
    startPostgres({ dataDir: join(dataDir, "postgres") }),
  ]);
  await migrate(postgresServer.url);
  const config = loadConfig({ REDIS_URL: redisServer.url, DATABASE_URL: postgresServer.url, NODE_ENV: "test", ...env });
  const prisma = createPrisma(config.DATABASE_URL);
  const redis = connectRedis(config.REDIS_URL, "test", () => {});
  await awaitRedis(redis, config.REDIS_URL);
  const closers: (() => Promise<unknown>)[] = [];

  return {
    redisServer,
    postgresServer,
    prisma,
    redis,
    config,
    async authenticator({ subscriberUrl = config.REDIS_URL, redisUrl = config.REDIS_URL, databaseUrl = config.DATABASE_URL } = {}) {
      const own = { prisma: createPrisma(databaseUrl), redis: connectRedis(redisUrl, "test", () => {}) };
      await awaitRedis(own.redis, redisUrl);
      const subscriber = () => connectRedis(subscriberUrl, "test-sub", () => {});
      const authenticator = createAuthenticator({ ...own, subscriber, keys, config, log });
      closers.push(async () => {
        await authenticator.close();
        own.redis.disconnect();
        await own.prisma.$disconnect();
      });
      return authenticator;
    },
    async stop() {
      await Promise.all(closers.map((close) => close().catch(() => {})));
      redis.disconnect();
      await prisma.$disconnect();
      await Promise.all([redisServer.stop(), postgresServer.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A TCP line to a server that the test can stop without closing it (half-open), or cut. */
export async function startLine(targetUrl: string) {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let stopped = false;
  let passed = 0;
  let held: (() => void)[] | null = null;
  const server = createServer((client) => {
    const upstream = connectTcp(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => {
        passed += bytes.length;
        if (held && from === upstream) held.push(() => to.write(bytes));
        else if (!stopped) to.write(bytes);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(targetUrl);
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    /** Bytes that came so far, in both directions. */
    passedBytes: () => passed,
    /** From now on nothing passes, and nobody is told. */
    silence() {
      stopped = true;
    },
    /** Keeps back what the server answers from now on. */
    hold() {
      held = [];
    },
    heldAnswers: () => held?.length ?? 0,
    release() {
      for (const write of held ?? []) write();
      held = null;
    },
    /** Breaks what is connected; new connections pass. */
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until it holds; fails after `withinMs`. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + patience(withinMs);
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come true within ${withinMs} ms`);
    await sleep(10);
  }
}
