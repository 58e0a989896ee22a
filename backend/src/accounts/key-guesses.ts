import { networkOf } from "../lib/addresses.js";

/** Refused keys an address may send in a minute before it is answered 429: a producer with an old key at ten requests a second. */
export const REFUSED_KEYS_PER_MINUTE = 600;

/** Refused keys in a minute from all addresses, beyond which Postgres is not asked about ids that this process has never seen. */
const IN_ALL = 6_000;
const MINUTE_MS = 60_000;
const MOST_ADDRESSES = 50_000;

/**
 * Counts API keys that were refused, a minute and address. A key cannot be guessed (190 bits); what is bounded is what made-up ones
 * cost: a look-up in Postgres each. In this process alone, since asking Redis would cost more than refusing.
 */
export interface KeyGuesses {
  /** Whether Postgres may be asked about an id that was never seen. */
  mayLookUp(address: string): boolean;
  /** Counts one. @returns seconds to wait when there were too many, else 0 */
  refused(address: string): number;
}

export function createKeyGuesses(now: () => number = () => performance.now()): KeyGuesses {
  let beganMs = Number.NEGATIVE_INFINITY;
  let total = 0;
  const counts = new Map<string, number>();

  function turn(): void {
    if (now() - beganMs < MINUTE_MS) return;
    beganMs = now();
    total = 0;
    counts.clear();
  }

  return {
    mayLookUp(address) {
      turn();
      return total < IN_ALL && (counts.get(networkOf(address)) ?? 0) < REFUSED_KEYS_PER_MINUTE;
    },
    refused(address) {
      turn();
      total++;
      const network = networkOf(address);
      const count = (counts.get(network) ?? 0) + 1;
      if (counts.has(network) || counts.size < MOST_ADDRESSES) counts.set(network, count);
      return count > REFUSED_KEYS_PER_MINUTE || total > IN_ALL ? Math.ceil((beganMs + MINUTE_MS - now()) / 1_000) : 0;
    },
  };
}
