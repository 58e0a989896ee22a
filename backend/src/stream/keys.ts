/**
 * Every Redis key, built here and nowhere else. `{p}` is the hash tag: all keys of a partition share one slot, so the
 * scripts run unchanged on Redis Cluster.
 */
export interface PartitionKeys {
  /** Stream of packed entries; an entry exists until its events are settled. */
  stream: string;
  /** Hash `{current: 0|1, since: ms}`: which dedupe hash takes new identities, and since when. */
  dedupeState: string;
  /** The two rotating hashes: identity (16 bytes) → dedupe record (26 bytes). */
  dedupe0: string;
  dedupe1: string;
  /** Sorted set: receipt, scored by when its retry is due (ms). */
  retryDue: string;
  /** Hash: receipt → the event's record, while it waits in `retryDue`. */
  retryRecords: string;
  /** Sorted set: receipt, scored by when it was first accepted (ms); from its first retry until it is settled. */
  retryAccepted: string;
  /** Hash: `<minute>:<tenant>:<a|s|u|d>` → count (accepted, stored, duplicate, dead); minute = ms / 60000. */
  ledger: string;
  /** Hash: `<minute>:<tenant>` → mark, while closed minutes are being moved to MongoDB (see `ledger/archive.ts`). */
  ledgerMarks: string;
  /** Hash of cumulative totals since the epoch: accepted, stored, duplicate, dead, retried, acceptedBytes, settledBytes, deduped; and
   *  of the ledger's witness: samples (how often it looked), sampledAt, sampledAccepted, sampledSettled (see `ledger-sample.lua`). */
  totals: string;
  /** Hash: `<entryId>` → receipt of the event that a worker is trying alone, after its entry ended three processes. */
  marks: string;
}

export interface RedisKeys {
  partition(p: number): PartitionKeys;
  /** String: how many partitions there are; set once. */
  partitionCount: string;
  /** String: random id of this Redis data set; another value means that Redis lost data. */
  epoch: string;
  /** Hash: worker name → JSON heartbeat (see `WorkerHeartbeat`). */
  workers: string;
  /** Hash: worker → what it counts. */
  workerMetrics: string;
  /** Hash: api name → JSON heartbeat. */
  apis: string;
  /** Hash: source name → JSON heartbeat. */
  sources: string;
  /** Stream: cumulative totals once a second, for the chart of the last hour. */
  history: string;
  /** String with a short life: the API process that moves closed minutes of the ledger to MongoDB. */
  ledgerLease: string;
  /**
   * Hash: `<tenant>\0<type>\0<version>.<row>` → JSON Schema, or `<tenant>\0<type>\0-` → "" when it is retired; a copy of what Postgres
   * has. `digest` tells whether any of it changed (see `event-types/published.ts`).
   */
  eventTypes: string;
  /** String: a number that changes when jobs may have work; absent or "0": none. */
  jobs: string;
  /** String with a short life: the API process that samples the totals. */
  totalsLease: string;
  /** Pub/sub channel: ids of API keys and tenants that changed. */
  invalidation: string;
  /** Pub/sub channel per api process: what became of events that somebody waits for there (see `decisions.ts`). */
  decisions(api: string): string;
  /** Hash per cached API key record: version, and the record under a seal. */
  apiKey(id: string): string;
  /** String per operator session, by the hash of its cookie: the record as JSON under a seal (see `accounts/seal.ts`). */
  session(id: string): string;
  /** Hash per user: public id of a session → hash of its cookie. May name sessions that have ended. */
  userSessions(userId: string): string;
  /** Prefix for counters of rate limits. */
  limit(name: string): string;
}

/** Consumer group of the workers. */
export const WORKER_GROUP = "workers";

export function redisKeys(prefix: string): RedisKeys {
  return {
    partition(p) {
      const at = (name: string) => `${prefix}:{${p}}:${name}`;
      return {
        stream: at("stream"),
        dedupeState: at("dedupe"),
        dedupe0: at("dedupe:0"),
        dedupe1: at("dedupe:1"),
        retryDue: at("retry:due"),
        retryRecords: at("retry:records"),
        retryAccepted: at("retry:accepted"),
        ledger: at("ledger"),
        ledgerMarks: at("ledger:marks"),
        totals: at("totals"),
        marks: at("marks"),
      };
    },
    partitionCount: `${prefix}:partitions`,
    epoch: `${prefix}:epoch`,
    workers: `${prefix}:workers`,
    workerMetrics: `${prefix}:worker-metrics`,
    apis: `${prefix}:apis`,
    sources: `${prefix}:sources`,
    history: `${prefix}:history`,
    ledgerLease: `${prefix}:ledger:lease`,
    eventTypes: `${prefix}:event-types`,
    // Its first name: workers of the version before look there, too.
    jobs: `${prefix}:replays`,
    totalsLease: `${prefix}:totals:lease`,
    invalidation: `${prefix}:invalidation`,
    decisions: (api) => `${prefix}:decisions:${api}`,
    apiKey: (id) => `${prefix}:key:${id}`,
    session: (id) => `${prefix}:sealed-session:${id}`,
    userSessions: (userId) => `${prefix}:sealed-sessions-of:${userId}`,
    limit: (name) => `${prefix}:limit:${name}`,
  };
}
