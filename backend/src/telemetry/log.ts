import { hostname } from "node:os";
import { type Logger, pino } from "pino";
import type { Config } from "../config.js";

/** The process's log: JSON lines on stdout. Payloads and secrets are never given to it; headers that carry credentials are cut all the same. */
export function createLog(config: Pick<Config, "LOG_LEVEL">, process_: "api" | "worker" | "kafka" | "standalone", name: string): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: { process: process_, name, host: hostname() },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ["req.headers.authorization", "req.headers.cookie", 'req.headers["x-api-key"]', 'req.headers["x-admin-token"]'],
      remove: true,
    },
  });
}

export type { Logger };
