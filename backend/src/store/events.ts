import { Buffer } from "node:buffer";
import { Binary, ReadConcern } from "mongodb";
import { StorageUnavailableError } from "../lib/errors.js";
import type { EventDocument } from "./documents.js";
import { createEventHours } from "./event-hours.js";
import { DUPLICATE_KEY, guarded, isRefused, refusedBy } from "./guarded.js";
import type { Store } from "./mongo.js";

export { guarded } from "./guarded.js";

/** Why one document of a bulk was not written. */
export type WriteFailure =
  /** A document with this `_id` is there already. */
  | { kind: "exists" }
  /** Refused for what it is: schema, size, names. It will never be stored. */
  | { kind: "refused"; message: string }
  /** The shard could not do it; says nothing about the document. */
  | { kind: "infrastructure"; message: string }
  /** An error that names the document, of a kind that may pass. */
  | { kind: "failed"; message: string };

/**
 * The server's state, not the document: unreachable, stepping down, stale routing, time-outs, write conflicts, disk full, a chunk on its
 * way to another shard (82 NoProgressMade, 117 ConflictingOperationInProgress, 249 StaleDbVersion, 365 TemporarilyUnavailable).
 */
const INFRASTRUCTURE = new Set([
  6, 7, 24, 46, 50, 63, 64, 70, 79, 82, 89, 91, 100, 112, 117, 133, 150, 189, 202, 234, 249, 262, 317, 365, 384, 9001, 10058, 10107, 11600,
  11602, 13388, 13435, 13436, 14031,
]);

/** What a document in the way says about itself. */
export interface Proof {
  receipt: Binary;
  hash: Binary;
  /** Stored by a replay, and not from the stream. */
  byReplay: boolean;
}

/**
 * Proofs by `_id`. That is unique on each shard alone: two users may have an event with the same eventId in the same hour on two shards, and
 * one must not be judged by the other's.
 */
export class Proofs {
  private readonly byId = new Map<string, Proof[]>();

  /** @param id in hex */
  add(id: string, proof: Proof): void {
    const others = this.byId.get(id);
    if (others) others.push(proof);
    else this.byId.set(id, [proof]);
  }

  /** The proof for an acceptance: its own, else one of the same body, else any. @param id in hex */
  of(id: string, { receipt, hash }: { receipt: Bytes; hash: Bytes }): Proof | undefined {
    const all = this.byId.get(id);
    if (!all || all.length === 1) return all?.[0];
    const isSame = (one: Bytes, other: Binary) => Buffer.compare(bytesOf(one), other.buffer) === 0;
    return all.find((one) => isSame(receipt, one.receipt)) ?? all.find((one) => isSame(hash, one.hash)) ?? all[0];
  }

  /** All of one id. */
  allOf(id: string): readonly Proof[] {
    return this.byId.get(id) ?? [];
  }
}

type Bytes = Binary | Uint8Array;
const bytesOf = (bytes: Bytes): Uint8Array => (bytes instanceof Binary ? bytes.buffer : bytes);

export interface EventStore {
  /**
   * Writes documents in one unordered bulk, acknowledged by a majority.
   * @returns what was not written, by the document's place in the bulk; empty when everything was
   * @throws StorageUnavailableError when nothing can be said to be written; anything else (a document BSON cannot hold) before it was sent
   */
  insert(documents: EventDocument[]): Promise<Map<number, WriteFailure>>;
  /** Proofs of the events that exist, by `_id` alone, as a majority has them. */
  proofs(ids: Binary[]): Promise<Proofs>;
  /** Remembers that these tenants have events in these hours. Must be durable before such an event is: a look-up by eventId starts here. */
  rememberHours(documents: readonly EventDocument[]): Promise<void>;
}

/** Body hashes of the events that exist, by id in hex; of one of several on several shards. @param ids 16 bytes each */
export async function storedHashes(store: Store, ids: Buffer[]): Promise<Map<string, Buffer>> {
  const proofs = await createEventStore(store).proofs(ids.map((id) => new Binary(id, Binary.SUBTYPE_UUID)));
  return new Map(
    ids.flatMap((id) => {
      const [first] = proofs.allOf(id.toString("hex"));
      return first ? [[id.toString("hex"), Buffer.from(first.hash.buffer)]] : [];
    }),
  );
}

/** @param mostHours see `createEventHours` */
export function createEventStore(store: Store, mostHours = Number.POSITIVE_INFINITY): EventStore {
  const hours = createEventHours(store, mostHours);

  return {
    async insert(documents) {
      const refused = await refusedBy(() => store.events.insertMany(documents, { ordered: false }));
      const failures = new Map(refused.map((e) => [e.index, failureOf(e.code, e.errmsg ?? "")]));
      const [first, ...others] = failures.values();
      const isOutage = first?.kind === "infrastructure" && others.every(({ kind }) => kind === "infrastructure");
      if (isOutage && failures.size === documents.length) throw new StorageUnavailableError("mongodb", first.message);
      return failures;
    },

    async proofs(ids) {
      return guarded(async () => {
        const options = {
          projection: { receipt: 1, hash: 1, entry: 1 },
          readConcern: new ReadConcern("majority"),
          batchSize: 10_000,
        } as const;
        const proofs = new Proofs();
        for (const { _id, receipt, hash, entry } of await store.events.find({ _id: { $in: ids } }, options).toArray())
          proofs.add(_id.toString("hex"), { receipt, hash, byReplay: entry === undefined });
        return proofs;
      });
    },

    rememberHours: hours.remember,
  };
}

/** What a write error says, by its code. */
export function failureOf(code: number, message: string): WriteFailure {
  if (code === DUPLICATE_KEY) return { kind: "exists" };
  if (isRefused(code)) return { kind: "refused", message };
  return { kind: INFRASTRUCTURE.has(code) ? "infrastructure" : "failed", message };
}
