import { Binary, ReadConcern } from "mongodb";
import { guarded } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";
import type { Decided, Decision } from "../stream/decisions.js";
import type { LetterStore } from "./letters.js";

/** An acceptance whose fate is looked for; all three as strings of one character a byte. */
export interface Sought {
  receipt: string;
  id: string;
  hash: string;
}

type Reader = (sought: Sought[]) => Promise<Decided[]>;

const binary = (latin1: string): Buffer => Buffer.from(latin1, "latin1");

/**
 * Reads what became of accepted events from what a majority has: stored, stored before by another acceptance of the same body, or dead.
 * Whatever is not decided is left out.
 */
export function createDecisionReader(store: Pick<Store, "events">, letters: Pick<LetterStore, "byReceipt">): Reader {
  return async (sought) => {
    const ids = sought.map(({ id }) => new Binary(binary(id), Binary.SUBTYPE_UUID));
    // Letters first: a letter that is taken back, because its event is stored after all, must not be the last word.
    const dead = await letters.byReceipt(ids);
    const stored = await storedAt(store, ids);
    return sought.flatMap(({ receipt, id, hash }): Decided[] => {
      const event = stored.get(binary(id).toString("hex"));
      const letter = dead.get(binary(receipt).toString("hex"));
      const decision: Decision | undefined = event
        ? eventDecision(event, receipt, hash)
        : letter && { kind: "dead", reason: letter.reasonCode, message: letter.message };
      return decision ? [{ receipt, decision }] : [];
    });
  };
}

interface Stored {
  receipt: Binary;
  hash: Binary;
  receivedAt: Date;
  storedAt: Date;
}

function eventDecision(event: Stored, receipt: string, hash: string): Decision | undefined {
  if (binary(receipt).equals(event.receipt.buffer)) return { kind: "stored", storedAtMs: event.storedAt.getTime() };
  // Another body: whether it says the same is the worker's to find out.
  return binary(hash).equals(event.hash.buffer) ? { kind: "duplicate", receivedAtMs: event.receivedAt.getTime() } : undefined;
}

function storedAt({ events }: Pick<Store, "events">, ids: Binary[]): Promise<Map<string, Stored>> {
  return guarded(async () => {
    const projection = { receipt: 1, hash: 1, receivedAt: 1, storedAt: 1 };
    const options = { projection, readConcern: new ReadConcern("majority"), batchSize: ids.length + 1 };
    const found = await events.find({ _id: { $in: ids } }, options).toArray();
    return new Map(found.map((event) => [event._id.toString("hex"), event]));
  });
}
