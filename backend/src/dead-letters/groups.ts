import type { LetterStatus, ReasonCode } from "@streamforge/shared";
import type { Binary } from "mongodb";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import type { Causes } from "./causes.js";

/** Letters of one cause. */
export interface LetterGroup {
  reasonCode: ReasonCode;
  eventType: string | undefined;
  fingerprint: string;
  count: number;
  firstSeen: Date;
  lastSeen: Date;
  sampleId: Binary;
  message: string;
  /** How many open letters died in each two hours of the last 24, the oldest first. */
  trend: number[];
}

export interface LetterGroups {
  items: LetterGroup[];
  /** Letters of all other causes. */
  others: number;
  /** Of when the counts are, ms. */
  atMs: number;
}

/** Groups by cause: numbers from the picture of `causes`, words from the letters at both ends of each group, read at once. */
export function createGroups({ deadLetters }: Pick<Store, "deadLetters">, causes: Causes) {
  return {
    async top(tenantId: string | null, status: LetterStatus, limit: number, signal?: AbortSignal): Promise<LetterGroups> {
      const { value, atMs } = await causes.ranked(tenantId, status, signal);
      const shown = value.causes.slice(0, limit);
      const _id = { $in: shown.flatMap(({ first, last }) => [first.id, last.id]) };
      const options = { hint: "_id_", maxTimeMS: QUERY_TIMEOUT_MS, projection: { raw: 0, history: 0 }, batchSize: _id.$in.length } as const;
      const ends = _id.$in.length === 0 ? [] : await bounded(() => deadLetters.find({ _id }, options).toArray());
      const byId = new Map(ends.map((letter) => [letter._id.toString("hex"), letter]));
      const items = shown.flatMap(({ fingerprint, count, first, last, trend }): LetterGroup[] => {
        const [oldest, newest] = [first, last].map(({ id }) => byId.get(id.toString("hex")));
        const one = newest ?? oldest;
        if (!one) return []; // The last one was withdrawn meanwhile.
        const { reasonCode, eventType, message, _id: sampleId } = one;
        const firstSeen = oldest?.failedAt ?? first.at;
        return [{ reasonCode, eventType, fingerprint, count, firstSeen, lastSeen: last.at, sampleId, message, trend }];
      });
      const named = shown.reduce((sum, { count }) => sum + count, 0);
      return { items, others: value.total - named, atMs };
    },
  };
}
