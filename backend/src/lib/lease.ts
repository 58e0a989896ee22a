/** What a lease asks of Redis. */
export interface LeaseStore {
  readonly status: string;
  set(key: string, value: string, px: "PX", ms: number, nx: "NX", get: "GET"): Promise<string | null>;
  pexpire(key: string, ms: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** A duty that one process of all has at a time. */
export interface Lease {
  /** Takes it when it is free, keeps it when it is ours. @returns whether this process holds it */
  hold(): Promise<boolean>;
  /** Lets another process take it at once. */
  giveBack(): Promise<void>;
}

/**
 * A lease in Redis. It says who does what all could do; it is no lock: a holder that was frozen wakes beside the next one, so what
 * it does must be harmless when two do it. (Jobs have a lease in their own row, where each write asks whether it is still held:
 * `replay/lease.ts`.)
 * @param name unique to this process
 * @param leaseMs after this long without `hold` it is free
 */
export function createLease(redis: LeaseStore, key: string, name: string, leaseMs: number): Lease {
  const renewMs = leaseMs * 0.4;
  let renewedAtMs = 0;
  let held = false;
  return {
    async hold() {
      const holder = await redis.set(key, name, "PX", leaseMs, "NX", "GET");
      held = holder === null || holder === name;
      const now = performance.now();
      if (holder === null) renewedAtMs = now;
      else if (held && now - renewedAtMs >= renewMs) {
        await redis.pexpire(key, leaseMs);
        renewedAtMs = now;
      }
      return held;
    },
    async giveBack() {
      // When Redis is away it runs out by itself.
      if (held && redis.status === "ready") await redis.del(key).catch(() => {});
      held = false;
    },
  };
}
