import { Buffer } from "node:buffer";
import type { EventFormat } from "@streamforge/shared";
import { Binary, BSON } from "mongodb";
import type { DeadLetterDocument, EventDocument } from "./documents.js";
import { guarded } from "./events.js";
import type { Store } from "./mongo.js";

/** Whose content is asked for. Without `hash` it is what is stored under the id, whatever its text was. */
export interface WantedContent {
  /** Of the event, 16 bytes. */
  id: Buffer;
  /** Of the text that was accepted, 8 bytes. */
  hash?: Buffer;
}

type Stored = Pick<
  EventDocument,
  | "eventType"
  | "userId"
  | "userIdFrom"
  | "subject"
  | "partitionKey"
  | "source"
  | "occurredAt"
  | "occurredAtText"
  | "occurredAtFrom"
  | "schemaVersion"
  | "specVersion"
  | "payload"
  | "extensions"
>;

/** The text with what the request brought along; or the fields, where they say all that the text did. */
export type Content =
  | { sent: { text: string; format: EventFormat; keyName: string; defaultType: string; receivedAtMs: number } }
  | { stored: Stored };

export interface FoundContent<W extends WantedContent> {
  wanted: W;
  content: Content;
  bytes: number;
}

/** Reads contents, one by one. */
export type Contents = <W extends WantedContent>(wanted: W[]) => AsyncIterable<FoundContent<W>>;

const EVENT_FIELDS = {
  hash: 1,
  text: 1,
  raw: 1,
  format: 1,
  patched: 1,
  receivedAt: 1,
  eventType: 1,
  userId: 1,
  userIdFrom: 1,
  subject: 1,
  partitionKey: 1,
  source: 1,
  occurredAt: 1,
  occurredAtText: 1,
  occurredAtFrom: 1,
  schemaVersion: 1,
  specVersion: 1,
  payload: 1,
  extensions: 1,
} as const;
const LETTER_FIELDS = { raw: 1, format: 1, context: 1, source: 1, eventType: 1, receivedAt: 1 } as const;

/** Documents that come at once: each has up to 256 KB. */
const BATCH = 20;

/**
 * What events were as they were sent, from what is stored of them: the event itself, or the dead letter that has the text, which is
 * the case for what died and for what a replay stored with a patch. Each comes as it is read; what is in neither is left out.
 * @throws StorageUnavailableError
 */
export async function* readContents<W extends WantedContent>(
  store: Store,
  wanted: W[],
  timeoutMs: number,
): AsyncGenerator<FoundContent<W>> {
  const byId = Map.groupBy(wanted, ({ id }) => id.toString("hex"));
  const letters = new Map<string, W>();
  for (const one of wanted) if (one.hash) letters.set(Buffer.concat([one.id, one.hash]).toString("hex"), one);
  const options = { batchSize: BATCH, maxTimeMS: Math.max(1, Math.ceil(timeoutMs)) };

  const ids = [...byId.keys()].map((hex) => new Binary(Buffer.from(hex, "hex"), Binary.SUBTYPE_UUID));
  const events = store.events.find({ _id: { $in: ids } }, { projection: EVENT_FIELDS, ...options });
  for await (const doc of guardedRows(events)) {
    for (const one of byId.get(doc._id.toString("hex")) ?? []) {
      const isIts = one.hash === undefined || one.hash.equals(doc.hash.buffer);
      if (!isIts) continue;
      if (one.hash) letters.delete(Buffer.concat([one.id, one.hash]).toString("hex"));
      // What is stored says what the patch made of it; what was sent is kept in the letter.
      if (doc.patched) letters.set(doc.patched.from, one);
      else yield { wanted: one, content: contentOfEvent(doc), bytes: BSON.calculateObjectSize(doc) };
    }
  }
  if (letters.size === 0) return;
  const letterIds = [...letters.keys()].map((hex) => new Binary(Buffer.from(hex, "hex")));
  const found = store.deadLetters.find({ _id: { $in: letterIds } }, { projection: LETTER_FIELDS, ...options });
  for await (const letter of guardedRows(found)) {
    const one = letters.get(letter._id.toString("hex"));
    if (one) yield { wanted: one, content: contentOfLetter(letter), bytes: letter.raw.length };
  }
}

function contentOfEvent(doc: EventDocument): Content {
  const { text = doc.raw, format = "json" } = doc;
  if (text === undefined) return { stored: doc };
  return { sent: { text, format, keyName: doc.source, defaultType: doc.eventType, receivedAtMs: doc.receivedAt.getTime() } };
}

function contentOfLetter({ raw, format, context, source = "", eventType = "", receivedAt }: DeadLetterDocument): Content {
  const { keyName, defaultType } = context ?? { keyName: source, defaultType: eventType };
  return { sent: { text: raw, format: format ?? "json", keyName, defaultType, receivedAtMs: receivedAt.getTime() } };
}

/** A cursor's rows; every failure is an outage. */
async function* guardedRows<T>(cursor: { next(): Promise<T | null>; close(): Promise<void> }): AsyncGenerator<T> {
  try {
    for (let row = await guarded(() => cursor.next()); row !== null; row = await guarded(() => cursor.next())) yield row;
  } finally {
    // Also when the reader has enough.
    await cursor.close().catch(() => {});
  }
}
