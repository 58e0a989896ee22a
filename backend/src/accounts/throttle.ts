import { createHash, randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { networkOf } from "../lib/addresses.js";
import { sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/lua.js";

const MINUTE_MS = 60_000;

/** Tries a minute for one account, from all clients together: the sum of the three below. */
export const TRIES_PER_MINUTE = 10;

/**
 * Of these, an attacker from everywhere can only use up the strangers'. A device and an address that the account was signed in from
 * before have some of their own, so that its owner comes in while others guess.
 */
const OF_DEVICES = 3;
const OF_KNOWN_ADDRESSES = 2;
const OF_STRANGERS = 5;

/** For all accounts, an address: an office behind one address may sign in, one that tries many e-mails may not. */
const PER_ADDRESS = 50;
const PER_ADDRESS_MS = 15 * MINUTE_MS;

/** Of strangers, over all accounts and addresses, a minute. */
const IN_ALL = 120;

/** How long a device or an address is known after a sign-in. */
const KNOWN_MS = 90 * 24 * 3_600_000;

/** A limit that was found used up is not asked about again for so long: a flood of tries costs Redis little. */
const MOST_REMEMBERED_MS = 1_000;
const MOST_REMEMBERED = 10_000;

const REDIS_TIMEOUT_MS = 1_000;
const TAKE = luaScript("take-try");

export interface Try {
  /** E-mail of the account, or the name of another secret; it need not exist. */
  account: string;
  address: string;
  /** Id of a device that the account may have been signed in with. */
  device?: string | undefined;
  /** Made in a session of this account, so by a device that is known. */
  signedIn?: boolean;
}

export type Admission =
  | {
      kind: "admitted";
      /** Gives a successful try back. */
      forgive(): Promise<void>;
    }
  | { kind: "throttled"; retryAfterSeconds: number };

/** Bounds guesses at secrets that people choose. Everything rejects with StorageUnavailableError: without counters nobody signs in. */
export interface Throttle {
  /** Counts a try before the password is looked at, so that tries at once count too. */
  take(one: Try): Promise<Admission>;
  /** From now on this device and address are the account's. @param before id that the device had, which is known no more */
  remember(account: string, address: string, device: string, before?: string): Promise<void>;
}

interface Limit {
  key: string;
  most: number;
  spanMs: number;
}

export function createThrottle(redis: Redis, keys: RedisKeys): Throttle {
  // Hashed: an e-mail may be long, and counters are no place to read who tries to sign in.
  const keyOf = (...parts: string[]) => keys.limit(`tries:${createHash("sha256").update(parts.join("\n")).digest("base64url")}`);
  const limit = (most: number, spanMs: number, ...parts: string[]): Limit => ({ key: keyOf(...parts), most, spanMs });
  const usedUp = new Map<string, { askAgainMs: number; freeMs: number }>();
  const ask = <T>(work: Promise<T>): Promise<T> =>
    within(REDIS_TIMEOUT_MS, "Redis", work).catch(sayOutage("Redis does not answer, so tries cannot be counted"));

  /** @returns ms to wait; 0 when one was taken */
  async function takeOne({ key, most, spanMs }: Limit, name: string): Promise<number> {
    const nowMs = performance.now();
    const before = usedUp.get(key);
    if (before && before.askAgainMs > nowMs) return Math.max(1, before.freeMs - nowMs);
    const waitMs = Number(await ask(redis.eval(TAKE, 1, key, most, spanMs, name)));
    if (waitMs > 0) {
      if (usedUp.size >= MOST_REMEMBERED) usedUp.clear();
      usedUp.set(key, { askAgainMs: nowMs + Math.min(waitMs, MOST_REMEMBERED_MS), freeMs: nowMs + waitMs });
    }
    return waitMs;
  }

  const giveBack = async (taken: Limit[], name: string): Promise<void> => {
    for (const { key } of taken) usedUp.delete(key);
    await Promise.all(taken.map(({ key }) => ask(redis.zrem(key, name)).catch(() => {})));
  };

  /** Takes one of every limit, or none. @returns ms to wait; 0 when taken */
  async function takeAll(limits: Limit[], name: string): Promise<number> {
    for (const [i, one] of limits.entries()) {
      const waitMs = await takeOne(one, name);
      if (waitMs === 0) continue;
      await giveBack(limits.slice(0, i), name);
      return waitMs;
    }
    return 0;
  }

  const known = async (...parts: string[]): Promise<boolean> => (await ask(redis.exists(keyOf("known", ...parts)))) === 1;

  return {
    async take({ account, address, device, signedIn = false }) {
      const network = networkOf(address);
      const byAddress = limit(PER_ADDRESS, PER_ADDRESS_MS, "address", network);
      const tiers: (() => Promise<Limit[] | undefined>)[] = [
        async () =>
          signedIn || (device !== undefined && (await known(account, "device", device)))
            ? [limit(OF_DEVICES, MINUTE_MS, "devices", account)]
            : undefined,
        async () =>
          (await known(account, "address", network))
            ? [byAddress, limit(OF_KNOWN_ADDRESSES, MINUTE_MS, "known addresses", account)]
            : undefined,
        async () => [limit(IN_ALL, MINUTE_MS, "in all"), byAddress, limit(OF_STRANGERS, MINUTE_MS, "strangers", account)],
      ];
      const name = randomUUID();
      let leastMs = Number.POSITIVE_INFINITY;
      for (const limitsOf of tiers) {
        const limits = await limitsOf();
        if (!limits) continue;
        const waitMs = await takeAll(limits, name);
        if (waitMs === 0) return { kind: "admitted", forgive: () => giveBack(limits, name) };
        leastMs = Math.min(leastMs, waitMs);
      }
      return { kind: "throttled", retryAfterSeconds: Math.ceil(leastMs / 1_000) };
    },

    async remember(account, address, device, before) {
      const put = (...parts: string[]) => ask(redis.set(keyOf("known", account, ...parts), 1, "PX", KNOWN_MS));
      await Promise.all([
        put("device", device),
        put("address", networkOf(address)),
        before === undefined ? undefined : ask(redis.del(keyOf("known", account, "device", before))),
      ]).catch(() => {});
    },
  };
}
