import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { StorageUnavailableError, sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";

export const WINDOW_SECONDS = 15 * 60;

/** Per address and e-mail: few enough that guessing is hopeless, many enough for someone who mistypes. */
export const TRIES_PER_EMAIL = 10;

/** Per address: an office behind one address may sign in, one that tries many e-mails may not. */
const TRIES_PER_IP = 50;

const REDIS_TIMEOUT_MS = 1_000;

export interface LoginThrottle {
  /**
   * Counts a try before the password is looked at, so that tries at once count too.
   * @returns seconds to wait, or 0 when the try may go on. Rejects with StorageUnavailableError: without counters nobody signs in
   */
  take(email: string, ip: string): Promise<number>;
  /** Gives a successful try back. */
  forgive(email: string, ip: string): Promise<void>;
}

export function createLoginThrottle(redis: Redis, keys: RedisKeys): LoginThrottle {
  // Hashed: an e-mail may be long, and counters are no place to read who tries to sign in.
  const emailKey = (email: string, ip: string) =>
    keys.limit(`login:email:${createHash("sha256").update(`${email}\n${ip}`).digest("base64url")}`);
  const ipKey = (ip: string) => keys.limit(`login:ip:${ip}`);

  return {
    async take(email, ip) {
      const limits: [string, number][] = [
        [emailKey(email, ip), TRIES_PER_EMAIL],
        [ipKey(ip), TRIES_PER_IP],
      ];
      let waitSeconds = 0;
      for (const [key, most] of limits) {
        const { tries, ttlSeconds } = await count(redis, key);
        if (tries > most) waitSeconds = Math.max(waitSeconds, ttlSeconds);
      }
      return waitSeconds;
    },
    async forgive(email, ip) {
      await within(REDIS_TIMEOUT_MS, "Redis", redis.multi().del(emailKey(email, ip)).decr(ipKey(ip)).exec()).catch(() => {});
    },
  };
}

async function count(redis: Redis, key: string): Promise<{ tries: number; ttlSeconds: number }> {
  try {
    // NX: the window ends when it was going to, however often someone tries meanwhile.
    const replies = await within(REDIS_TIMEOUT_MS, "Redis", redis.multi().incr(key).expire(key, WINDOW_SECONDS, "NX").ttl(key).exec());
    const [tries, , ttlSeconds] = (replies ?? []).map(([error, value]) => {
      if (error) throw error;
      return Number(value);
    });
    if (tries === undefined || ttlSeconds === undefined) throw new StorageUnavailableError("redis", "Redis did not answer");
    return { tries, ttlSeconds: Math.max(1, ttlSeconds) };
  } catch (error) {
    return sayOutage("Redis does not answer, so signing in is not possible")(error);
  }
}
