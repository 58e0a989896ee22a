import { fastifyRateLimit } from "@fastify/rate-limit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import type { RedisKeys } from "../stream/keys.js";
import type { Limiter, Verdict } from "../stream/limiter.js";
import { callerOf, type Hook, principalOf, requireTenant } from "./auth.js";
import { type ProblemError, problem } from "./problems.js";
import type { Server } from "./server.js";
import { limitHeaders, rateLimited } from "./too-many.js";

export interface RateLimits {
  /** onRequest: requests a second of an API key, or of all keys of a tenant that has a limit of its own. */
  requests: Hook;
  /** Events a second of a tenant, whole or not at all: fails with 429. A promise only when Redis had to be asked. */
  takeEvents(request: FastifyRequest, reply: FastifyReply, events: number): Promise<void> | undefined;
  /** The same for a stream, which is slowed instead. */
  pace(request: FastifyRequest, events: number): Promise<void>;
}

type LimitsConfig = Pick<Config, "DEFAULT_REQUESTS_PER_SECOND" | "DEFAULT_EVENTS_PER_SECOND">;

/** A stream that waits for its tenant's rate looks again at least this often. */
const MOST_PACE_MS = 1_000;

/** The limits of keys and tenants on sending. Their tokens are leased (see `stream/limiter.ts`): most requests ask nobody. */
export function createRateLimits(limiter: Limiter, keys: RedisKeys, config: LimitsConfig): RateLimits {
  const eventsPerSecond = (request: FastifyRequest): number =>
    principalOf(request).limits.eventsPerSecond ?? config.DEFAULT_EVENTS_PER_SECOND;
  const tenantBucket = (request: FastifyRequest): string => keys.limit(`events:${requireTenant(request)}`);

  return {
    requests(request, reply, done) {
      const { kind, id, tenantId, limits } = principalOf(request);
      const ofTenant = limits.requestsPerSecond;
      const rate = ofTenant ?? config.DEFAULT_REQUESTS_PER_SECOND;
      if (rate === 0 || kind !== "key") return done();
      const settle = (verdict: Verdict): void => done(judge(reply, "requests", rate, verdict));
      const verdict = limiter.take(keys.limit(ofTenant === undefined ? `requests:${id}` : `tenant-requests:${tenantId}`), 1, rate);
      if (verdict instanceof Promise) verdict.then(settle, done);
      else settle(verdict);
    },
    takeEvents(request, reply, events) {
      const rate = eventsPerSecond(request);
      if (rate === 0) return undefined;
      // A batch larger than a second's worth would never pass: it passes when the bucket is full.
      const verdict = limiter.take(tenantBucket(request), events, rate);
      const settle = (found: Verdict): void => {
        const refused = judge(reply, "events", rate, found);
        if (refused) throw refused;
      };
      if (verdict instanceof Promise) return verdict.then(settle);
      settle(verdict);
      return undefined;
    },
    async pace(request, events) {
      const rate = eventsPerSecond(request);
      if (rate === 0) return;
      for (;;) {
        const verdict = await limiter.take(tenantBucket(request), events, rate);
        if (verdict.allowed) return;
        await new Promise((resolve) => setTimeout(resolve, Math.min(MOST_PACE_MS, verdict.waitMs)));
      }
    },
  };
}

/** Sets the RateLimit headers; the problem when the limit is reached. */
function judge(reply: FastifyReply, name: string, rate: number, verdict: Verdict): ProblemError | undefined {
  const waitSeconds = Math.max(1, Math.ceil(verdict.waitMs / 1000));
  const remaining = Number.isFinite(verdict.remaining) ? verdict.remaining : rate;
  const headers = limitHeaders({ name, quota: rate, windowSeconds: 1 }, remaining, verdict.allowed ? 1 : waitSeconds);
  for (const [header, member] of Object.entries(headers)) addToList(reply, header, member);
  if (verdict.allowed) return undefined;
  return problem("rate-limited", `The limit is ${rate} ${name} a second.`, {}, { "Retry-After": String(waitSeconds) });
}

/** Requests and events are two policies of one answer. */
function addToList(reply: FastifyReply, header: string, member: string): void {
  const before = reply.getHeader(header);
  reply.header(header, before === undefined ? member : `${before}, ${member}`);
}

/**
 * The limit of administrative routes, a minute and tenant or person, counted in Redis by @fastify/rate-limit. A round trip a request is
 * no matter here; on the path of an event it would be (see `stream/limiter.ts`).
 */
export async function limitAdministration(
  scope: Server,
  redis: Redis,
  keys: RedisKeys,
  config: Pick<Config, "ADMIN_REQUESTS_PER_MINUTE">,
): Promise<void> {
  await scope.register(fastifyRateLimit, {
    redis,
    nameSpace: keys.limit("admin:"),
    max: config.ADMIN_REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    // After authentication, before a body is read.
    hook: "preParsing",
    // By tenant and person: a key can make keys, and a person can sign in again.
    keyGenerator: callerOf,
    skipOnError: true,
    addHeaders: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
    addHeadersOnExceeding: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
    errorResponseBuilder: (_request, { max, ttl }) =>
      rateLimited(`The limit is ${max} administrative requests a minute.`, { name: "admin", quota: max, windowSeconds: 60 }, ttl / 1000),
  });
}
