import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import { addRedisRows, COLUMNS, type LedgerRows, type LedgerSums, zero } from "./ledger-view.js";

/** An event that is accepted and not settled: in a stream entry, or waiting in a retry set. */
export interface InFlight {
  tenantId: string;
  eventId: string;
  /** First 8 bytes of SHA-256 over the text as sent, hex. */
  hash: string;
}

/** What Redis holds, read key by key from outside. */
export interface RedisView {
  inFlight: InFlight[];
  /** Entries that no version of the format known here explains. */
  unreadable: string[];
  streamLength: number;
  pendingEntries: number;
  retrying: number;
  /** The rows of the ledger that Redis still holds. */
  ledger: LedgerRows;
  /** Cumulative totals of all tenants. */
  totals: LedgerSums;
}

const GROUP = "workers";
const PAGE = 500;

type Fields = Record<string, string>;
type StreamPage = [id: Buffer, fields: Buffer[]][];

/** The bases (`<prefix>:{p}`) of every partition that left a key behind, also of those beyond a lowered partition count. */
async function partitionsOf(redis: Redis, prefix: string): Promise<string[]> {
  const bases = new Set<string>();
  const count = Number((await redis.get(`${prefix}:partitions`)) ?? 0);
  for (let p = 0; p < count; p++) bases.add(`${prefix}:{${p}}`);
  const client = redis as unknown;
  for (const server of client instanceof Cluster ? client.nodes("master") : [redis]) {
    let cursor = "0";
    do {
      const [next, keys] = await server.scan(cursor, "MATCH", `${prefix}:{*}:*`, "COUNT", 1000);
      cursor = next;
      for (const key of keys) bases.add(key.slice(0, key.indexOf("}") + 1));
    } while (cursor !== "0");
  }
  return [...bases];
}

/** @param redisUrl of a server, of Sentinels (`redis-sentinel://user:password@host:port,…/master`) or of a cluster (`redis-cluster://…`) */
export function connect(redisUrl: string): Redis {
  // An auditor that waits for ever helps nobody; three tries cover a server that has just come back.
  const patience = { maxRetriesPerRequest: 3, retryStrategy: (times: number) => Math.min(times * 100, 500) };
  const [, topology, user = "", hosts = "", name = ""] = /^redis-(cluster|sentinel):\/\/(?:(.*)@)?([^/]+)\/?(.*)$/.exec(redisUrl) ?? [];
  const [username, password] = user.split(":");
  const credential = { ...(username ? { username } : {}), ...(password ? { password } : {}) };
  const nodes = hosts.split(",").map((host) => ({ host: host.split(":")[0] as string, port: Number(host.split(":")[1]) }));
  const redis =
    topology === undefined
      ? new Redis(redisUrl, patience)
      : topology === "sentinel"
        ? new Redis({ sentinels: nodes, name, ...credential, ...patience })
        : // It has the commands of a connection.
          (new Cluster(nodes, { redisOptions: credential, slotsRefreshInterval: 1_000 }) as unknown as Redis);
  // Each command reports its own failure.
  redis.on("error", () => {});
  return redis;
}

/** Reads streams, retry sets, ledger and totals of all partitions. */
export async function readRedis(redisUrl: string, prefix: string): Promise<RedisView> {
  const redis = connect(redisUrl);
  const view: RedisView = {
    inFlight: [],
    unreadable: [],
    streamLength: 0,
    pendingEntries: 0,
    retrying: 0,
    ledger: new Map(),
    totals: zero(),
  };
  try {
    for (const base of await partitionsOf(redis, prefix)) await readPartition(redis, base, view);
    return view;
  } finally {
    redis.disconnect();
  }
}

/**
 * Everything of one partition at one moment, so that its ledger balances although it is being worked on. A stream longer
 * than a page is read on afterwards: what is settled meanwhile then shows as "missing", which a judge of a live backlog must know.
 */
async function readPartition(redis: Redis, base: string, view: RedisView): Promise<void> {
  const answers = await redis
    .multi()
    .xlen(`${base}:stream`)
    .zcard(`${base}:retry:due`)
    .hgetall(`${base}:ledger`)
    .hgetall(`${base}:ledger:marks`)
    .hgetall(`${base}:totals`)
    .hvalsBuffer(`${base}:retry:records`)
    .xrangeBuffer(`${base}:stream`, "-", "+", "COUNT", PAGE)
    .exec();
  const [entries, retrying, ledger, marks, totals, records, page] = (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  }) as [number, number, Fields, Fields, Fields, Buffer[], StreamPage];

  view.streamLength += entries;
  view.retrying += retrying;
  addRedisRows(view.ledger, base.slice(base.indexOf("{") + 1, -1), ledger, marks);
  for (const name of COLUMNS) view.totals[name] += Number(totals[name] ?? 0);
  for (const record of records) readRecords(record, 0, view, base);
  for (let rest = page; ; ) {
    for (const [id, fields] of rest) {
      const entry = fields[1];
      if (entry?.[0] === 1) readRecords(entry, 1, view, String(id));
      else view.unreadable.push(`${base} ${id}`);
    }
    const last = rest.at(-1);
    if (!last || rest.length < PAGE) break;
    rest = await redis.xrangeBuffer(`${base}:stream`, `(${last[0]}`, "+", "COUNT", PAGE);
  }
  // Fails where no worker has made the group yet.
  const pending = await redis.xpending(`${base}:stream`, GROUP).catch(() => [0]);
  view.pendingEntries += Number(pending[0] ?? 0);
}

/**
 * Takes records apart: size u32 (of what follows), attempt u8, acceptedAt u48, receivedAt u48, id 16, identity 16, hash 8,
 * receipt 8, contextSize u16, eventIdSize u16, context (tenant first, ended by U+0000), eventId, text. Written a second time
 * on purpose: a judge that shares the defendant's reader shares its mistakes.
 */
function readRecords(bytes: Buffer, start: number, view: RedisView, where: string): void {
  let at = start;
  while (at < bytes.length) {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY);
    if (end > bytes.length || end < at + 69) {
      view.unreadable.push(`${where} at byte ${at}`);
      return;
    }
    const contextAt = at + 69;
    const eventIdAt = contextAt + bytes.readUInt16BE(at + 65);
    const textAt = eventIdAt + bytes.readUInt16BE(at + 67);
    const tenantId = bytes.toString("utf8", contextAt, bytes.indexOf(0, contextAt));
    view.inFlight.push({ tenantId, eventId: bytes.toString("utf8", eventIdAt, textAt), hash: bytes.toString("hex", at + 49, at + 57) });
    at = end;
  }
}

export interface SettledOptions {
  redisUrl: string;
  keyPrefix: string;
  timeoutMs: number;
  /** Pause between two looks, in ms (default 50). */
  everyMs?: number;
}

/**
 * Waits until every stream and retry set is empty. Redis may be away meanwhile.
 * @returns how long it took, in ms
 * @throws Error that says what is left when the time is over
 */
export async function settled({ redisUrl, keyPrefix, timeoutMs, everyMs = 50 }: SettledOptions): Promise<number> {
  const redis = connect(redisUrl);
  const startedAtMs = Date.now();
  let left = "Redis did not answer";
  try {
    for (;;) {
      try {
        const backlog = await backlogOf(redis, keyPrefix);
        if (backlog.entries === 0 && backlog.retrying === 0) return Date.now() - startedAtMs;
        left = `${backlog.entries} entries in the streams, ${backlog.retrying} events waiting for a retry`;
      } catch (error) {
        left = `Redis did not answer (${(error as Error).message})`;
      }
      if (Date.now() - startedAtMs > timeoutMs) throw new Error(`not settled after ${timeoutMs} ms: ${left}`);
      await sleep(everyMs);
    }
  } finally {
    redis.disconnect();
  }
}

/** What is not settled: entries in all streams, events in all retry sets. */
export async function backlogOf(redis: Redis, prefix: string): Promise<{ entries: number; retrying: number }> {
  let entries = 0;
  let retrying = 0;
  // Retries first: they move into the stream, and what moved between two looks must be seen by the second.
  const bases = await partitionsOf(redis, prefix);
  for (const base of bases) retrying += await redis.zcard(`${base}:retry:due`);
  for (const base of bases) entries += await redis.xlen(`${base}:stream`);
  if (entries > 0 || retrying > 0) return { entries, retrying };
  // And settling moves the other way, from the stream into the retry set.
  for (const base of bases) retrying += await redis.zcard(`${base}:retry:due`);
  return { entries, retrying };
}
