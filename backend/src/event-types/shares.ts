/** A tenant's part of one batch that goes to the judge. */
export interface Turn {
  /** How many of its events are worth beginning with now. */
  admitted: number;
  /** Waits for the work, and not for longer than others can wait. Fails when the work does. */
  until(work: Promise<unknown>): Promise<void>;
  /** @param decided how many have their verdict */
  end(decided: number): void;
  /** When an event that was put off has its next chance: each takes a place in the row of its tenant. */
  nextAfterMs(): number;
}

/** A batch with events of others in it, or of a worker that has nothing else free, waits so long for the judge. */
const PATIENCE_MS = 50;
/** One that holds up nobody waits so long. */
const LINGER_MS = 2_000;
const LOOK_EVERY_MS = 10;
const LEAST_AFTER_MS = 250;
const MOST_AFTER_MS = 30_000;
/** What a check is taken for until one was made, and how fast the estimate follows. */
const FIRST_GUESS_MS = 1;
const FOLLOW = 0.3;
/** Tenants whose cost is remembered. */
const MOST_TENANTS = 1_000;

/**
 * How much of a batch's time a tenant's slow checks may take. What they do not get through is put off, without counting as an
 * attempt, until the judge has probably worked off what is before it: others in the batch are stored and settled meanwhile.
 */
export function createShares() {
  const tenants = new Map<string, { costMs: number; freeAtMs: number; running: number }>();

  return {
    /** @param mayLinger whether nobody is held up while this batch waits */
    begin(tenantId: string, events: number, mayLinger: () => boolean): Turn {
      let tenant = tenants.get(tenantId);
      if (!tenant) {
        if (tenants.size >= MOST_TENANTS) tenants.clear();
        tenant = { costMs: FIRST_GUESS_MS, freeAtMs: 0, running: 0 };
        tenants.set(tenantId, tenant);
      }
      const own = tenant;
      const startedAt = performance.now();
      const patienceMs = mayLinger() ? LINGER_MS : PATIENCE_MS;
      const admitted = Math.min(events, Math.max(1, Math.ceil(patienceMs / own.costMs) - own.running));
      own.running += admitted;
      return {
        admitted,
        async until(work) {
          let over = false;
          const ending = work.finally(() => {
            over = true;
          });
          ending.catch(() => {});
          while (!over && performance.now() - startedAt < (mayLinger() ? LINGER_MS : PATIENCE_MS))
            await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))]);
        },
        end(decided) {
          own.running -= admitted;
          const took = performance.now() - startedAt;
          const cost = decided > 0 ? took / decided : took;
          own.costMs += (cost - own.costMs) * FOLLOW;
        },
        nextAfterMs() {
          const now = performance.now();
          own.freeAtMs = Math.min(now + MOST_AFTER_MS, Math.max(now + LEAST_AFTER_MS, own.freeAtMs) + own.costMs);
          return Math.round(own.freeAtMs - now);
        },
      };
    },
  };
}
