import { createConnection, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { AbstractConnector, Cluster, Redis, type RedisOptions } from "ioredis";
import { parseRedisUrl, type RedisAddress } from "../lib/redis-url.js";
import { ownerOf } from "./nodes.js";

/** How often a cluster is asked who has which slots: a fail-over is known as soon. */
const SLOTS_EVERY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;

const pause = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1_000);

/**
 * The rules of a connection that keep acknowledged events safe.
 * - `autoResendUnfulfilledCommands: false`: a command whose reply was lost has an unknown outcome; only its sender knows how to repeat it.
 * - `maxRetriesPerRequest: 0`: a command ends with its connection. With `null` and no resending, ioredis forgets it: its
 *   promise never settles (found by killing Redis under load: the worker waited for ever).
 */
function rules(address: RedisAddress, name: string, commandTimeoutMs: number | undefined) {
  const { username, password, tls } = address;
  return {
    connectionName: name,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: true,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    // RESP3 changes the shape of XREADGROUP and XAUTOCLAIM replies for raw commands.
    protocol: 2 as const,
    keepAlive: 10_000,
    noDelay: true,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(tls ? { tls: {} } : {}),
  } satisfies RedisOptions;
}

/** Nothing waits invisibly in this process while Redis is away. */
const OWN = { enableOfflineQueue: false, lazyConnect: true, retryStrategy: pause } as const;

/**
 * Connects to what `REDIS_URL` names. A cluster answers the same commands as a server does, each sent to the node that has its key; it has
 * none that has all keys (`primariesOf`, `ownerOf`).
 * @param commandTimeoutMs after this long a command without a reply fails, whether it ran or not: behind a Redis that is frozen nobody
 *   may wait for ever. Not for connections that block on reads, nor for appends, whose outcome only a repetition tells.
 */
export function connectRedis(url: string, name: string, onError: (error: Error) => void, commandTimeoutMs?: number): Redis {
  const address = parseRedisUrl(url);
  const common = rules(address, name, commandTimeoutMs);
  const redis = address.kind === "cluster" ? clusterOf(address, common) : new Redis({ ...common, ...OWN, ...placeOf(address) });
  redis.on("error", onError);
  return redis;
}

/**
 * A connection to the one node that has a key, for what blocks, subscribes, or must come in order: in a cluster it moves with the key. Of
 * one server it is a connection as any other.
 * @param cluster commands of this process: it knows who has the key
 */
export function connectToOwner(url: string, key: string, cluster: Redis, name: string, onError: (error: Error) => void): Redis {
  const address = parseRedisUrl(url);
  if (address.kind !== "cluster") return connectRedis(url, name, onError);
  const redis = new Redis({
    ...rules(address, name, undefined),
    ...OWN,
    Connector: ownerConnector(cluster, key, address.tls),
    // The key has moved, or this node is no primary any more: the next connection goes to the one that is.
    reconnectOnError: (error) => /^(MOVED|READONLY|CLUSTERDOWN|UNBLOCKED)/.test(error.message),
  });
  redis.on("error", onError);
  return redis;
}

function placeOf({ kind, nodes, master, db, sentinelUsername, sentinelPassword, tls }: RedisAddress): RedisOptions {
  const [first] = nodes as [RedisAddress["nodes"][number]];
  if (kind === "server") return { ...first, db, reconnectOnError: (error) => error.message.startsWith("READONLY") };
  return {
    sentinels: nodes,
    name: master as string,
    db,
    ...(sentinelUsername ? { sentinelUsername } : {}),
    ...(sentinelPassword ? { sentinelPassword } : {}),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelRetryStrategy: pause,
    sentinelReconnectStrategy: pause,
    // A promotion is heard, not found out by time-outs.
    failoverDetector: true,
    reconnectOnError: (error) => /^(READONLY|UNBLOCKED)/.test(error.message),
  };
}

function clusterOf({ nodes }: RedisAddress, common: ReturnType<typeof rules>): Redis {
  const cluster = new Cluster(nodes, {
    redisOptions: common,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    lazyConnect: true,
    // A command whose connection broke is its sender's to repeat, here too.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: SLOTS_EVERY_MS,
    slotsRefreshTimeout: 2_000,
    clusterRetryStrategy: pause,
    scaleReads: "master",
  });
  // It has the commands, events and states of a connection; what a single server alone can do goes through `nodes.ts`.
  return cluster as unknown as Redis;
}

function ownerConnector(cluster: Redis, key: string, tls: boolean) {
  const open = (): Socket => {
    try {
      const { host, port } = ownerOf(cluster, key).options;
      const place = { host: host as string, port: port as number };
      return tls ? connectTls(place) : createConnection(place);
    } catch (error) {
      // A connector that rejects is never asked again; a socket that breaks is replaced.
      const broken = new Socket();
      setImmediate(() => broken.destroy(error as Error));
      return broken;
    }
  };
  return class OwnerConnector extends AbstractConnector {
    constructor() {
      super(2_000);
    }
    override async connect(): Promise<Socket> {
      this.connecting = true;
      const socket = open();
      this.stream = socket;
      return socket;
    }
  };
}

/** Connects, or says in one sentence why it could not. */
export async function awaitRedis(redis: Redis, url: string, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  if (redis.status === "wait") redis.connect().catch(() => {});
  while (redis.status !== "ready") {
    if (Date.now() > deadline) {
      redis.disconnect();
      throw new Error(`Redis does not answer at ${redactUrl(url)}. Is it running? Set REDIS_URL, or leave it unset and use npm start.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The URL without its passwords, for messages. */
export function redactUrl(url: string): string {
  return url.replace(/\/\/([^@/]*)@/, "//***@").replace(/\?.*$/, "");
}
