import { fastifyRateLimit } from "@fastify/rate-limit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Redis } from "ioredis";
import type { Admission, Quota, Sender } from "../admission/admission.js";
import type { Config } from "../config.js";
import type { RedisKeys } from "../stream/keys.js";
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

/** The limits of keys and tenants on sending, as HTTP answers them. */
export function createRateLimits(admission: Admission): RateLimits {
  const senderOf = (request: FastifyRequest): Sender => ({ tenantId: requireTenant(request), limits: principalOf(request).limits });

  return {
    requests(request, reply, done) {
      const { kind, id, tenantId, limits } = principalOf(request);
      const quota = kind === "key" ? admission.takeRequest({ tenantId: tenantId as string, limits }, id) : undefined;
      if (quota instanceof Promise) quota.then((found) => done(judge(reply, found)), done);
      else done(quota && judge(reply, quota));
    },
    takeEvents(request, reply, events) {
      const settle = (found: Quota): void => {
        const refused = judge(reply, found);
        if (refused) throw refused;
      };
      const quota = admission.takeEvents(senderOf(request), events);
      if (quota instanceof Promise) return quota.then(settle);
      if (quota) settle(quota);
      return undefined;
    },
    pace: (request, events) => admission.pace(senderOf(request), events),
  };
}

/** Sets the RateLimit headers; the problem when the limit is reached. */
function judge(reply: FastifyReply, quota: Quota): ProblemError | undefined {
  const { name, perSecond, allowed, waitMs } = quota;
  const waitSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  const remaining = Number.isFinite(quota.remaining) ? quota.remaining : perSecond;
  const headers = limitHeaders({ name, quota: perSecond, windowSeconds: 1 }, remaining, allowed ? 1 : waitSeconds);
  for (const [header, member] of Object.entries(headers)) addToList(reply, header, member);
  if (allowed) return undefined;
  return problem("rate-limited", `The limit is ${perSecond} ${name} a second.`, {}, { "Retry-After": String(waitSeconds) });
}

/** Requests and events are two policies of one answer. */
function addToList(reply: FastifyReply, header: string, member: string): void {
  const before = reply.getHeader(header);
  reply.header(header, before === undefined ? member : `${before}, ${member}`);
}

/**
 * The limit of administrative routes, a minute and tenant or person, counted in Redis by @fastify/rate-limit. A round trip a request is
 * no matter here; on the path of an event it would be (see `admission/`).
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
