import { mkdirSync } from "node:fs";
import { totalmem } from "node:os";
import { join, resolve } from "node:path";
import { findRedis } from "./find-redis.js";
import { keep } from "./keeper.js";
import { ask } from "./ports.js";
import type { LocalOptions, LocalServer } from "./types.js";

const MIB = 1024 * 1024;

/** A quarter of the machine, between 256 MB and 4 GB: the backlog limit is meant to act long before memory does. */
function maxMemoryMib(): number {
  return Math.round(Math.min(Math.max(totalmem() / 4 / MIB, 256), 4096));
}

/**
 * Starts a Redis (or Valkey) that holds what it acknowledged: every append is on disk before its answer.
 * @throws Error with the install line of this platform when no server is found and none can be fetched
 */
export async function startRedis(options: LocalOptions): Promise<LocalServer> {
  const file = await findRedis(options.onProgress);
  const dataDir = resolve(options.dataDir, "data");
  mkdirSync(dataDir, { recursive: true });
  const settings: Record<string, string> = {
    bind: "127.0.0.1",
    dir: dataDir,
    appendonly: "yes",
    appendfsync: "always",
    "auto-aof-rewrite-percentage": "100",
    "auto-aof-rewrite-min-size": "256mb",
    save: "",
    maxmemory: `${maxMemoryMib()}mb`,
    "maxmemory-policy": "noeviction",
    "lazyfree-lazy-expire": "yes",
    "lazyfree-lazy-user-del": "yes",
    // Else the process calls itself "redis-server 127.0.0.1:port" and cannot be told from another folder's.
    "set-proc-title": "no",
  };
  const own = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return keep(
    {
      kind: "redis",
      name: "Redis",
      dataDir,
      command: (port) => ({ file, args: [...own, "--port", String(port), ...(options.extraArgs ?? [])] }),
      ready: async (port, pid) => {
        const answer = await ask(port, "PING\r\nINFO server\r\n");
        // While it reads its file back, PING is answered "-LOADING".
        return answer.startsWith("+PONG") && answer.includes(`process_id:${pid}\r`);
      },
      url: (port) => `redis://127.0.0.1:${port}`,
      stopSignal: "SIGTERM",
    },
    { ...options, dataDir: join(dataDir, "..") },
  );
}
