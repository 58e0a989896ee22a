import type { DiscardRequest, LetterSelector } from "@streamforge/shared";
import type { Binary } from "mongodb";
import type { Actor } from "../accounts/audit.js";
import { bounded } from "../store/event-queries.js";
import { guarded } from "../store/events.js";
import type { Store } from "../store/mongo.js";
import { pushHistory } from "./history.js";
import { planFor } from "./plan.js";

/** Letters changed by one command; between two of them other work has its turn. */
const SLICE = 2_000;
/** A request ends well before proxies lose patience; what is left is another request's. */
const MOST_MS = 15_000;
/** The search itself, which a `q` can make long. */
const SEARCH_MS = 20_000;

/**
 * Discards open letters in slices. A letter that is replayed, resolved or superseded meanwhile stays what it became, because
 * each update asks for `open` once more. Doing it again changes nothing: what is discarded is not open.
 * @returns how many, and whether time was up, or who asked had left, before the end
 * @throws StorageUnavailableError; what was discarded until then stays so
 */
export async function discardLetters(
  { deadLetters }: Pick<Store, "deadLetters">,
  tenantId: string,
  { reason, limit = Number.POSITIVE_INFINITY, ...selector }: DiscardRequest,
  actor: Actor,
  { mostMs = MOST_MS, signal }: { mostMs?: number; signal?: AbortSignal } = {},
): Promise<{ discarded: number; more: boolean }> {
  const endsAtMs = Date.now() + mostMs;
  const conditions: LetterSelector = { ...selector, status: "open" };
  const { filter, hint } = await bounded(() => planFor(deadLetters, tenantId, conditions));
  const options = { hint, signal, projection: { _id: 1 }, batchSize: SLICE, maxTimeMS: SEARCH_MS } as const;
  const cursor = deadLetters.find(filter, options).sort({ lastFailedAt: 1, _id: 1 });
  const discard = async (ids: Binary[]): Promise<number> => {
    const entry = { at: new Date(), who: actor.name, what: `discarded: ${reason}` };
    const change = { $set: { status: "discarded" as const, discardReason: reason }, ...pushHistory(entry) };
    // One that a replay stored is open for a moment when its body dies once more: what it counts for must stay.
    const open = { _id: { $in: ids }, status: "open" as const, "replay.outcome": { $ne: "stored" as const } };
    return (await guarded(() => deadLetters.updateMany(open, change))).modifiedCount;
  };
  let discarded = 0;
  try {
    for (;;) {
      const ids: Binary[] = [];
      const wanted = Math.min(SLICE, limit - discarded);
      while (ids.length < wanted) {
        const next = await bounded(() => cursor.next(), undefined, signal);
        if (!next) break;
        ids.push(next._id);
      }
      if (ids.length === 0) return { discarded, more: false };
      discarded += await discard(ids);
      if (Date.now() > endsAtMs) return { discarded, more: discarded < limit };
    }
  } catch (error) {
    if (signal?.aborted) return { discarded, more: true };
    throw error;
  } finally {
    await cursor.close().catch(() => {});
  }
}
