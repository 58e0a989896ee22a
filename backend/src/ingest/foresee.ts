import { Buffer } from "node:buffer";
import type { ProblemCode, ReasonCode } from "@streamforge/shared";
import type { Item } from "./ingest.js";

/** What would become of an item: `code` says why it would not be stored. */
export interface Foreseen {
  would: "stored" | "dead" | "duplicate" | "conflict";
  code?: ProblemCode | ReasonCode;
}

export interface ForeseeDeps {
  /** What Redis remembers of an identity, null when nothing. */
  remembered(partition: number, identity: string): Promise<{ hash: Buffer } | null>;
  /** Body hashes of the stored events among these ids (16 bytes each), by id in hex. */
  storedHashes(ids: Buffer[]): Promise<Map<string, Buffer>>;
}

/** Look-ups asked for at once; ioredis sends them in one go. */
const AT_ONCE = 500;

/**
 * Says what would become of items, and changes nothing: the same questions that the append script and the worker ask, in their
 * order. It is no promise: another request may take the identity a moment later.
 * @returns one answer for each item; undefined for those that were rejected
 */
export function createForesee({ remembered, storedHashes }: ForeseeDeps) {
  return async (items: readonly Item[]): Promise<(Foreseen | undefined)[]> => {
    const firstHash = new Map<string, string>();
    const found: (Foreseen | undefined)[] = [];
    for (let from = 0; from < items.length; from += AT_ONCE) {
      const some = items.slice(from, from + AT_ONCE);
      const sound = some.filter((item) => !item.rejection);
      const inRedis = new Map(
        await Promise.all(sound.map(async (item) => [item, await remembered(item.partition, item.identity)] as const)),
      );
      // An event without a lasting identity has an id of its own: nothing can be stored under it.
      const lasting = sound.filter((item) => !item.ephemeral && !inRedis.get(item));
      const stored = lasting.length === 0 ? new Map<string, Buffer>() : await storedHashes(lasting.map((item) => bytesOf(item.id)));
      for (const item of some) found.push(item.rejection ? undefined : judge(item, inRedis.get(item)?.hash, stored, firstHash));
    }
    return found;
  };
}

function judge(item: Item, inRedis: Buffer | undefined, stored: Map<string, Buffer>, firstHash: Map<string, string>): Foreseen {
  // What Redis knows wins over what stands earlier in the same body: the earlier one was judged by it, too.
  const first = inRedis?.toString("latin1") ?? firstHash.get(item.identity);
  if (first === undefined) firstHash.set(item.identity, item.hash);
  if (first !== undefined)
    return first === item.hash ? { would: "duplicate", code: "duplicate" } : { would: "conflict", code: "identity-conflict" };
  const hash = stored.get(bytesOf(item.id).toString("hex"))?.toString("latin1");
  if (hash === undefined) return { would: "stored" };
  return hash === item.hash ? { would: "duplicate", code: "duplicate" } : { would: "dead", code: "IDENTITY_CONFLICT" };
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id, "latin1");
}
