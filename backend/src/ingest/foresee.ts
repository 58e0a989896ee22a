import { Buffer } from "node:buffer";
import type { ProblemCode, ReasonCode } from "@streamforge/shared";
import type { DedupeRecord } from "../stream/record.js";
import { oddPayload } from "./content-texts.js";
import { readText } from "./decode/read-text.js";
import { eventUuid } from "./identify.js";
import { HOUR_MS, type Item } from "./ingest.js";
import { readEvent, type ShapeOf } from "./read-event.js";
import type { Doubt, SecondLook } from "./second-look.js";

/** What would become of an item: `code` says why it would not be stored. */
export interface Foreseen {
  would: "stored" | "dead" | "duplicate" | "conflict";
  code?: ProblemCode | ReasonCode;
}

export interface ForeseeDeps {
  /** What Redis remembers of an identity, null when nothing. */
  remembered(partition: number, identity: string): Promise<DedupeRecord | null>;
  /** Body hashes of the stored events among these ids (16 bytes each), by id in hex. */
  storedHashes(ids: Buffer[]): Promise<Map<string, Buffer>>;
  /** Compares the contents where only the texts differ. */
  secondLook: SecondLook;
  /** What the worker says of an event's type and payload. */
  types: {
    ready(): Promise<void>;
    concerns(tenantId: string): boolean;
    shapeOf(tenantId: string, eventType: string): ReturnType<ShapeOf>;
    judge(events: Checkable[]): Promise<({ fits: true } | { fits: false; reason: ReasonCode })[]>;
  };
}

interface Checkable {
  tenantId: string;
  eventType: string;
  payload: unknown;
  bytes: number;
  text?: string | undefined;
}

/** Look-ups asked for at once; ioredis sends them in one go. */
const AT_ONCE = 500;

/**
 * Says what would become of items, and changes nothing: the same questions that the append script and the worker ask, in their
 * order. It is no promise: another request may take the identity a moment later.
 * @returns one answer for each item; undefined for those that were rejected
 */
export function createForesee({ remembered, storedHashes, secondLook, types }: ForeseeDeps) {
  return async (items: readonly Item[]): Promise<(Foreseen | undefined)[]> => {
    const firstOnes = new Map<string, Item>();
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
      const met = new Map(sound.map((item) => [item, whatIsThere(item, inRedis.get(item), firstOnes, stored)]));
      const doubts = sound.flatMap((item) => doubtOf(item, met.get(item)) ?? []);
      if (doubts.length > 0) await secondLook(doubts);
      for (const item of some) found.push(item.rejection ? undefined : judge(item, met.get(item), refused.get(item)));
    }
    return found;
  };
}

/** Why the worker would refuse them for what they are, as it would find out: from their text. */
async function refusals(types: ForeseeDeps["types"], items: Item[]): Promise<Map<Item, ReasonCode>> {
  await types.ready();
  const concerned = items.filter(({ context }) => types.concerns(context.tenantId));
  const events = concerned.map(({ text, context, receivedAtMs }): Checkable => {
    const { tenantId, format, defaultType } = context;
    const shapeOf = (type: string) => types.shapeOf(tenantId, type);
    const read = readEvent(readText(format, text.toString("utf8")), format === "xml", defaultType, receivedAtMs, shapeOf);
    if (Array.isArray(read)) throw new Error("an event that was received is none");
    const { event, json, payload } = read;
    return {
      tenantId,
      eventType: event.eventType,
      payload: event.payload,
      bytes: text.length,
      text: payload ?? oddPayload(json, event),
    };
  });
  const verdicts = events.length > 0 ? await types.judge(events) : [];
  return new Map(concerned.flatMap((item, i) => (verdicts[i]?.fits === false ? [[item, verdicts[i].reason]] : [])));
}

/** What an item would find under its identity. */
type Met =
  | { where: "redis"; hash: string; first: DedupeRecord }
  | { where: "body"; hash: string; first: Item }
  | { where: "store"; hash: string };

function whatIsThere(
  item: Item,
  remembered: DedupeRecord | null | undefined,
  firstOnes: Map<string, Item>,
  stored: Map<string, Buffer>,
): Met | undefined {
  // What Redis knows wins over what stands earlier in the same body: the earlier one was judged by it, too.
  if (remembered) return { where: "redis", hash: remembered.hash.toString("latin1"), first: remembered };
  const earlier = firstOnes.get(item.identity);
  if (earlier) return { where: "body", hash: earlier.hash, first: earlier };
  firstOnes.set(item.identity, item);
  const hash = stored.get(bytesOf(item.id).toString("hex"))?.toString("latin1");
  return hash === undefined ? undefined : { where: "store", hash };
}

function doubtOf(item: Item, met: Met | undefined): Doubt | undefined {
  if (met === undefined || met.hash === item.hash || item.byContent) return undefined;
  if (met.where === "body") return { item, first: met.first };
  if (met.where === "store") return { item, first: undefined, id: item.id };
  return { item, first: met.first, id: eventUuid(met.first.hour * HOUR_MS, item.identity) };
}

function judge(item: Item, met: Met | undefined, refused: ReasonCode | undefined): Foreseen {
  // What is there and says the same makes it a duplicate, whatever the schema of today says of it.
  if (met && (met.hash === item.hash || item.byContent || item.verdict === "same")) return { would: "duplicate", code: "duplicate" };
  if (met && met.where !== "store") return { would: "conflict", code: "identity-conflict" };
  if (refused !== undefined) return { would: "dead", code: refused };
  return met ? { would: "dead", code: "IDENTITY_CONFLICT" } : { would: "stored" };
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id, "latin1");
}
