import { createHash } from "node:crypto";
import { totalmem } from "node:os";
import { join, resolve } from "node:path";
import { findRedis } from "./find-redis.js";
import { keep } from "./keeper.js";
import { ask } from "./ports.js";
import { APP, credentials, privateFolder, writePrivate } from "./private.js";
import type { LocalOptions, LocalServer } from "./types.js";

const MIB = 1024 * 1024;

/**
 * What StreamForge's own user may do: read, write and run scripts on keys, read one setting or figure, ask a cluster who has which keys.
 * Not what ends, empties or reconfigures the server. docker-compose.yml says the same.
 */
export const REDIS_RIGHTS =
  "~* &* +@connection +@read +@write +@stream +@pubsub +@scripting +@transaction -@admin -@dangerous" +
  " -function -fcall -fcall_ro +time +wait +waitaof +info +config|get +cluster|slots +cluster|info";

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
  privateFolder(options.dataDir);
  privateFolder(dataDir);
  const { admin, app } = credentials(options.dataDir);
  const users = resolve(options.dataDir, "users.acl");
  writePrivate(users, userFile(admin, app));
  const settings: Record<string, string> = {
    bind: "127.0.0.1",
    dir: dataDir,
    // Not `requirepass`: the arguments of a process can be read by every user of the machine.
    aclfile: users,
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
        const answer = await ask(port, `AUTH admin ${admin}\r\nPING\r\nINFO server\r\n`);
        // While it reads its file back, PING is answered "-LOADING".
        return answer.startsWith("+OK\r\n+PONG") && answer.includes(`process_id:${pid}\r`);
      },
      url: (port) => `redis://${APP}:${app}@127.0.0.1:${port}`,
      adminUrl: (port) => `redis://admin:${admin}@127.0.0.1:${port}`,
      stopSignal: "SIGTERM",
    },
    { ...options, dataDir: join(dataDir, "..") },
  );
}

/**
 * Redis's own form of a file of users; it keeps digests of passwords only. `default` is off, so nobody can be it, but keeps every
 * right: as that user Redis reads its append-only file back, and transactions that it may not run are skipped, which loses them.
 */
function userFile(admin: string, app: string): string {
  const digest = (password: string) => `#${createHash("sha256").update(password).digest("hex")}`;
  return [
    "user default reset off ~* &* +@all",
    `user admin reset on ${digest(admin)} ~* &* +@all`,
    `user ${APP} reset on ${digest(app)} ${REDIS_RIGHTS}`,
    "",
  ].join("\n");
}
