import { setTimeout as sleep } from "node:timers/promises";
import { audit, settled } from "../judge/index.js";
import type { Sender } from "./sender.js";
import type { Target } from "./target.js";

/** What became of what was acknowledged. */
export interface Outcome {
  /** undefined when it could not be found out. */
  lost: number | undefined;
  twice?: number;
  /** How it was found out, in words. */
  how: string;
}

export interface JudgeOptions {
  mongodb: string;
  redis: string;
  database: string;
  keyPrefix: string;
}

const WAIT_MS = 60_000;

/** Compares everything that was sent with the stores themselves. */
export async function judgeAll(sender: Sender, { mongodb, redis, database, keyPrefix }: JudgeOptions): Promise<Outcome> {
  await settled({ redisUrl: redis, keyPrefix, timeoutMs: WAIT_MS });
  // The tenant may hold other events and other producers' minutes: neither phantoms nor the ledger can be judged from here.
  const verdict = await audit({ journal: sender.journal, mongodbUri: mongodb, database, redisUrl: redis, keyPrefix, checkLedger: false });
  return {
    lost: verdict.lost.length,
    twice: verdict.twice.length,
    how: `judge: ${verdict.acknowledged} acknowledged events compared with MongoDB`,
  };
}

/** Looks for a sample over the API, until each is decided or a minute is over. */
export async function lookForSample({ url, apiKey }: Target, ids: string[]): Promise<Outcome> {
  const deadline = Date.now() + WAIT_MS;
  const headers = { authorization: `Bearer ${apiKey}` };
  let missing = 0;
  for (const id of ids) {
    for (;;) {
      const response = await fetch(`${url}/v1/events/${encodeURIComponent(id)}`, { headers }).catch(() => undefined);
      const view = (await response?.json().catch(() => undefined)) as { status?: string; code?: string } | undefined;
      if (response?.status === 401 || response?.status === 403) return { lost: undefined, how: "unknown: this key may not read events" };
      if (response?.status === 404 && view?.code !== "event-not-found")
        return { lost: undefined, how: "unknown: this server does not tell single events" };
      if (response?.ok && (view?.status === "stored" || view?.status === "dead")) break;
      if (response?.status === 404 || Date.now() > deadline) {
        missing++;
        break;
      }
      await sleep(100);
    }
  }
  return { lost: missing, how: `${ids.length} of the acknowledged events looked up over the API` };
}

/** Reads the count of stored events; undefined where the credential does not permit it. */
export async function storedSoFar({ url, apiKey }: Target): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/v1/stats`, { headers: { authorization: `Bearer ${apiKey}` }, signal: AbortSignal.timeout(2_000) });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const stats = (await response.json()) as { totals?: { stored?: number } };
    return stats.totals?.stored;
  } catch {
    return undefined;
  }
}
