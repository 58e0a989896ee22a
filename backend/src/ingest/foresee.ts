import { Buffer } from "node:buffer";
import type { ProblemCode, ReasonCode } from "@streamforge/shared";
import type { Item } from "./ingest.js";
import { normalize } from "./normalize.js";

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
  /** What the worker says of an event's type and payload. */
  types: {
    ready(): Promise<void>;
    concerns(tenantId: string): boolean;
    judge(events: Checkable[]): Promise<({ fits: true } | { fits: false; reason: ReasonCode })[]>;
  };
}

interface Checkable {
  tenantId: string;
  eventType: string;
  payload: unknown;
  bytes: number;
}

/** Look-ups asked for at once; ioredis sends them in one go. */
const AT_ONCE = 500;

/**
 * Says what would become of items, and changes nothing: the same questions that the append script and the worker ask, in their
 * order. It is no promise: another request may take the identity a moment later.
 * @returns one answer for each item; undefined for those that were rejected
 */
export function createForesee({ remembered, storedHashes, types }: ForeseeDeps) {
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
      const refused = await refusals(
        types,
        sound.filter((item) => !inRedis.get(item)),
      );
      for (const item of some)
        found.push(item.rejection ? undefined : judge(item, inRedis.get(item)?.hash, refused.get(item), stored, firstHash));
    }
    return found;
  };
}

/** Why the worker would refuse them for what they are, as it would find out: from their text. */
async function refusals(types: ForeseeDeps["types"], items: Item[]): Promise<Map<Item, ReasonCode>> {
  await types.ready();
  const concerned = items.filter(({ context }) => types.concerns(context.tenantId));
  const events = concerned.map(({ text, context }): Checkable => {
    const event = normalize(JSON.parse(text.toString("utf8")), context.defaultType, Number.POSITIVE_INFINITY);
    if (Array.isArray(event)) throw new Error("an event that was received is none");
    return { tenantId: context.tenantId, eventType: event.eventType, payload: event.payload, bytes: text.length };
  });
  const verdicts = events.length > 0 ? await types.judge(events) : [];
  return new Map(concerned.flatMap((item, i) => (verdicts[i]?.fits === false ? [[item, verdicts[i].reason]] : [])));
}

function judge(
  item: Item,
  inRedis: Buffer | undefined,
  refused: ReasonCode | undefined,
  stored: Map<string, Buffer>,
  firstHash: Map<string, string>,
): Foreseen {
  // What Redis knows wins over what stands earlier in the same body: the earlier one was judged by it, too.
  const first = inRedis?.toString("latin1") ?? firstHash.get(item.identity);
  if (first === undefined) firstHash.set(item.identity, item.hash);
  if (first !== undefined)
    return first === item.hash ? { would: "duplicate", code: "duplicate" } : { would: "conflict", code: "identity-conflict" };
  const hash = stored.get(bytesOf(item.id).toString("hex"))?.toString("latin1");
  // What is stored unchanged is a duplicate, whatever the schema of today says of it.
  if (hash === item.hash) return { would: "duplicate", code: "duplicate" };
  if (refused !== undefined) return { would: "dead", code: refused };
  return hash === undefined ? { would: "stored" } : { would: "dead", code: "IDENTITY_CONFLICT" };
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id, "latin1");
}
