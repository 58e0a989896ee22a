import type { ProblemCode, TenantLimits } from "@streamforge/shared";
import type { Config } from "../config.js";
import type { DepthMonitor } from "../stream/depth.js";
import type { RedisKeys } from "../stream/keys.js";
import type { Limiter, Verdict } from "../stream/limiter.js";

/** Who sends events, as far as limits go. */
export interface Sender {
  tenantId: string;
  limits: TenantLimits;
}

/** What a rate says of one request, or of some events. */
export interface Quota extends Verdict {
  name: "requests" | "events";
  /** The rate, in requests or events a second. */
  perSecond: number;
}

/** What may come at once, in bytes, events and levels. */
export interface Sizes {
  maxEventBytes: number;
  maxDepth: number;
  maxBatchBytes: number;
  maxBatchEvents: number;
  maxStreamBytes: number;
}

/** May this tenant send now, and how much? Every source of events asks here, so that each has the same answer. */
export interface Admission {
  readonly sizes: Sizes;
  /** Why nothing can be taken in now; undefined when it can. Costs nothing: it reads the last picture of the stream. */
  refusal(): ProblemCode | undefined;
  /** When to come back after `backlog-full`, in seconds: when a tenth of what waits should have been settled. */
  roomInSeconds(): number;
  /** One request of an API key, or of all keys of a tenant that has a limit of its own. Undefined when there is no limit; a promise only when Redis had to be asked. */
  takeRequest(sender: Sender, keyId: string): Quota | Promise<Quota> | undefined;
  /** Events of a tenant, whole or not at all. Undefined and promise as above. */
  takeEvents(sender: Sender, events: number): Quota | Promise<Quota> | undefined;
  /** Resolves when the tenant's rate lets the events pass: for a source that is slowed instead of refused. */
  pace(sender: Sender, events: number): Promise<void>;
  /** From now on everything is refused as `shutting-down`. */
  stop(): void;
}

export type AdmissionConfig = Pick<
  Config,
  | "MAX_EVENT_BYTES"
  | "MAX_JSON_DEPTH"
  | "MAX_BATCH_BYTES"
  | "MAX_BATCH_EVENTS"
  | "STREAM_MAX_BYTES"
  | "MAX_BACKLOG_EVENTS"
  | "REDIS_MEMORY_LIMIT_RATIO"
  | "DEFAULT_REQUESTS_PER_SECOND"
  | "DEFAULT_EVENTS_PER_SECOND"
>;

export interface AdmissionDeps {
  depth: Pick<DepthMonitor, "current">;
  /** Its tokens are leased (see `stream/limiter.ts`): most questions ask nobody. */
  limiter: Limiter;
  keys: Pick<RedisKeys, "limit">;
  config: AdmissionConfig;
}

/** A source that waits for its tenant's rate looks again at least this often. */
const MOST_PACE_MS = 1_000;
const MOST_WAIT_SECONDS = 30;

export function createAdmission({ depth, limiter, keys, config }: AdmissionDeps): Admission {
  let stopping = false;

  const take = (name: Quota["name"], bucket: string, tokens: number, perSecond: number): Quota | Promise<Quota> => {
    const verdict = limiter.take(keys.limit(bucket), tokens, perSecond);
    return verdict instanceof Promise ? verdict.then((found) => ({ ...found, name, perSecond })) : { ...verdict, name, perSecond };
  };
  const takeEvents = ({ tenantId, limits }: Sender, events: number): Quota | Promise<Quota> | undefined => {
    const perSecond = limits.eventsPerSecond ?? config.DEFAULT_EVENTS_PER_SECOND;
    // A batch larger than a second's worth would never pass: it passes when the bucket is full.
    return perSecond === 0 ? undefined : take("events", `events:${tenantId}`, events, perSecond);
  };

  return {
    sizes: {
      maxEventBytes: config.MAX_EVENT_BYTES,
      maxDepth: config.MAX_JSON_DEPTH,
      maxBatchBytes: config.MAX_BATCH_BYTES,
      maxBatchEvents: config.MAX_BATCH_EVENTS,
      maxStreamBytes: config.STREAM_MAX_BYTES,
    },
    refusal() {
      if (stopping) return "shutting-down";
      const { backlogEvents, memoryRatio, redisOk } = depth.current();
      // Well before Redis is full, so that memory never decides what is lost.
      if (backlogEvents >= config.MAX_BACKLOG_EVENTS || memoryRatio >= config.REDIS_MEMORY_LIMIT_RATIO) return "backlog-full";
      return redisOk ? undefined : "storage-unavailable";
    },
    roomInSeconds() {
      const { backlogEvents, settledPerSecond } = depth.current();
      return Math.min(MOST_WAIT_SECONDS, Math.max(1, Math.ceil(backlogEvents / 10 / settledPerSecond) || 1));
    },
    takeRequest({ tenantId, limits }, keyId) {
      const ofTenant = limits.requestsPerSecond;
      const perSecond = ofTenant ?? config.DEFAULT_REQUESTS_PER_SECOND;
      if (perSecond === 0) return undefined;
      return take("requests", ofTenant === undefined ? `requests:${keyId}` : `tenant-requests:${tenantId}`, 1, perSecond);
    },
    takeEvents,
    async pace(sender, events) {
      for (;;) {
        const quota = await takeEvents(sender, events);
        if (!quota || quota.allowed) return;
        await new Promise((resolve) => setTimeout(resolve, Math.min(MOST_PACE_MS, quota.waitMs)));
      }
    },
    stop() {
      stopping = true;
    },
  };
}
