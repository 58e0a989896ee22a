import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import type { Registry } from "prom-client";
import type { Config } from "./config.js";
import { compose, type Parts } from "./lib/parts.js";
import { connectRedis, connectToOwner } from "./redis/connect.js";
import { type RedisKeys, redisKeys } from "./stream/keys.js";
import { watchFaults } from "./telemetry/faults.js";
import { createLog, type Logger } from "./telemetry/log.js";
import { createRegistry } from "./telemetry/metrics.js";
import { createTraces } from "./telemetry/start-traces.js";
import type { Traces } from "./telemetry/traces.js";

/** What every process has before it is one of its kind. */
export interface ProcessParts extends Parts {
  /** Unique for each start: what one that was killed has left pending is never taken for its successor's. */
  name: string;
  log: Logger;
  startedAtMs: number;
  registry: Registry;
  traces: Traces;
  faults: ReturnType<typeof watchFaults>;
  keys: RedisKeys;
  /**
   * A connection to Redis of its own, closed with the process.
   * @param use stands in its name and in the log
   * @param commandTimeoutMs a command waits no longer; absent: its sender has a deadline
   */
  connect(use: string, commandTimeoutMs?: number): Redis;
  /** The same to the one server that has a key, for what blocks or subscribes (`connectToOwner`). @param commands knows who has it */
  connectTo(key: string, use: string, commands: Redis): Redis;
}

export interface RunningProcess<T> {
  running: T;
  close(): Promise<void>;
}

/**
 * Makes a process of its parts.
 * @param make composes it; `stop` of what it returns ends its work before its parts are closed
 * @throws in one sentence when it cannot start; nothing of it is left then
 */
export async function startProcess<T extends { stop(): Promise<void> }>(
  kind: "api" | "worker" | "kafka",
  config: Config,
  make: (parts: ProcessParts) => Promise<T>,
): Promise<RunningProcess<T>> {
  const startedAtMs = Date.now();
  const name = `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  const log = createLog(config, kind, name);
  const { running, close } = await compose(
    async (parts) => {
      const registry = createRegistry();
      const traces = parts.keep(await createTraces(config, { process: kind, name, registry, log }));
      const faults = parts.keep(watchFaults(registry, log));
      const telling = (use: string) => (error: Error) => log.warn({ err: error.message, use }, "redis connection");
      const kept = (connection: Redis): Redis => {
        parts.defer(() => connection.disconnect());
        return connection;
      };
      const { REDIS_URL } = config;
      const connect: ProcessParts["connect"] = (use, commandTimeoutMs) =>
        kept(connectRedis(REDIS_URL, `${name}:${use}`, telling(use), commandTimeoutMs));
      const connectTo: ProcessParts["connectTo"] = (key, use, commands) =>
        kept(connectToOwner(REDIS_URL, key, commands, `${name}:${use}`, telling(use)));
      const keys = redisKeys(config.REDIS_KEY_PREFIX);
      return make({ ...parts, name, log, startedAtMs, registry, traces, faults, keys, connect, connectTo });
    },
    (error) => log.warn({ err: error.message }, "closing"),
  );
  return {
    running,
    async close() {
      await running.stop();
      await close();
      log.info("stopped");
    },
  };
}
