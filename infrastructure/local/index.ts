import { resolve } from "node:path";
import { startMongo } from "./mongo.js";
import { startPostgres } from "./postgres.js";
import { privateFolder } from "./private.js";
import { startRedis } from "./redis.js";
import type { LocalServer } from "./types.js";

export { cached } from "./fetch.js";
export { kafkaMissing } from "./find-kafka.js";
export { findRedis } from "./find-redis.js";
export { startKafka } from "./kafka.js";
export { mongoAdminUrl, mongoUrl, startMongo } from "./mongo.js";
export { freePort, portIsFree } from "./ports.js";
export { startPostgres } from "./postgres.js";
export { credentials, privateFolder, writePrivate } from "./private.js";
export { isAlive, processEnvironment, watch as endWithUs } from "./process.js";
export { startRedis } from "./redis.js";
export type { LocalOptions, LocalServer, ServerKind } from "./types.js";

export interface ServersOptions {
  /** Folder for all three, one folder each. */
  dataDir: string;
  onProgress?: (line: string) => void;
  /** MongoDB database of StreamForge's own user; unset, `streamforge`. */
  database?: string;
  /** Servers that exist already; each one given is used instead of a local one. */
  use?: { redisUrl?: string; mongodbUri?: string; databaseUrl?: string };
}

export interface Servers {
  redisUrl: string;
  mongodbUri: string;
  databaseUrl: string;
  /** Those that we started. */
  servers: LocalServer[];
  /** Stops them all; more than once does no harm. */
  stop(): Promise<void>;
}

/**
 * Starts whichever of the three servers is not given, side by side.
 * @throws the first failure, after those that did start were stopped again
 */
export async function startServers({ dataDir, onProgress, database, use = {} }: ServersOptions): Promise<Servers> {
  privateFolder(dataDir);
  const options = (name: string) => ({ dataDir: resolve(dataDir, name), onProgress });
  const outcomes = await Promise.allSettled([
    use.redisUrl ?? startRedis(options("redis")),
    use.mongodbUri ?? startMongo({ ...options("mongodb"), database }),
    use.databaseUrl ?? startPostgres(options("postgres")),
  ] as const);
  const servers = outcomes.flatMap((one) => (one.status === "fulfilled" && typeof one.value !== "string" ? [one.value] : []));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const failed = outcomes.find((one) => one.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [redisUrl, mongodbUri, databaseUrl] = outcomes.map((one) => {
    const value = (one as PromiseFulfilledResult<string | LocalServer>).value;
    return typeof value === "string" ? value : value.url;
  }) as [string, string, string];
  return { redisUrl, mongodbUri, databaseUrl, servers, stop };
}
