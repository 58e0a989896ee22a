import { isDeepStrictEqual } from "node:util";
import { type Binary, MongoClient } from "mongodb";
import { identityKey, type Journal, type SentIdentity } from "./journal.js";
import { addRow, type LedgerRows, type LedgerSums } from "./ledger-view.js";

/** One document of `events`, as far as the judge looks at it. */
export interface StoredEvent {
  id: string;
  hash: string;
  /** Why the stored content is not what was sent under this hash; undefined when it is. */
  difference: string | undefined;
}

export interface Letter {
  hash: string;
  status: string;
  reasonCode: string;
}

export interface StoreView {
  /** Documents of `events` by identity: grouped here, since counters and estimates are what is being judged. */
  stored: Map<string, StoredEvent[]>;
  letters: Map<string, Letter[]>;
  documents: number;
  /** How often acceptances died, over all letters. */
  deaths: number;
  /** Letters whose event was stored by a replay, or late: documents that the ledger counts as dead. */
  resolved: number;
  /** Copies of the ledger's rows, of all tenants. */
  ledger: LedgerRows;
  /** How often Redis lost data, by what was announced: its totals then begin anew, the rows in MongoDB do not. */
  announcedLosses: number;
}

interface EventDocument {
  _id: Binary;
  tenantId: string;
  eventId: string;
  hash: Binary;
  raw?: string;
  text?: string;
  payload: unknown;
}

interface LetterDocument {
  _id: Binary;
  tenantId: string;
  eventId: string;
  hash: Binary;
  status: string;
  reasonCode: string;
  deaths?: number;
  replay?: { outcome?: string };
  storedLate?: true;
}

interface MinuteDocument {
  minute: number;
  tenantId: string;
  parts: Record<string, LedgerSums>;
}

/** Reads everything that these tenants have in `events` and `events_dlq`, as a majority has it. */
export async function readStore(mongodbUri: string, database: string, tenants: readonly string[], journal: Journal): Promise<StoreView> {
  const client = new MongoClient(mongodbUri, {
    readConcern: { level: "majority" },
    readPreference: "primary",
    serverSelectionTimeoutMS: 10_000,
  });
  try {
    const db = client.db(database);
    const view: StoreView = {
      stored: new Map(),
      letters: new Map(),
      documents: 0,
      deaths: 0,
      resolved: 0,
      ledger: new Map(),
      announcedLosses: 0,
    };
    view.announcedLosses = await db.collection("ledger_alarms").countDocuments({ kind: { $ne: "events-missing" } });
    const of = { tenantId: { $in: [...tenants] } };
    const projection = { tenantId: 1, eventId: 1, hash: 1, text: 1, raw: 1, payload: 1 };
    for await (const doc of db.collection<EventDocument>("events").find(of, { projection, batchSize: 5_000 })) {
      const key = identityKey(doc.tenantId, doc.eventId);
      const hash = doc.hash?.toString("hex") ?? "";
      push(view.stored, key, { id: doc._id.toString("hex"), hash, difference: differenceOf(doc, hash, journal.identities.get(key)) });
      view.documents++;
    }
    for await (const doc of db.collection<LetterDocument>("events_dlq").find(of, { projection: { raw: 0, history: 0 } })) {
      push(view.letters, identityKey(doc.tenantId, doc.eventId), {
        hash: doc.hash.toString("hex"),
        status: doc.status,
        reasonCode: doc.reasonCode,
      });
      view.deaths += doc.deaths ?? 1;
      if (doc.status === "resolved" && (doc.replay?.outcome === "stored" || doc.storedLate)) view.resolved++;
    }
    for await (const { minute, tenantId, parts } of db.collection<MinuteDocument>("ledger").find({}, { batchSize: 5_000 })) {
      for (const [part, counts] of Object.entries(parts)) addRow(view.ledger, tenantId, `${minute} ${part}`, counts);
    }
    return view;
  } finally {
    await client.close();
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Compares the content itself: a matching hash only says which body the document claims to be. */
function differenceOf(doc: EventDocument, hash: string, sent: SentIdentity | undefined): string | undefined {
  const body = sent?.bodies.find((candidate) => candidate.hash === hash);
  if (!body) return sent ? "its hash is that of no body that was sent" : undefined;
  // Of what is not JSON, the text itself is kept.
  const kept = doc.raw ?? doc.text;
  if (kept !== undefined) return kept === body.text ? undefined : "its text is not the text that was sent";
  const item = JSON.parse(body.text) as Record<string, unknown>;
  const wanted = "payload" in item ? item["payload"] : item["data"];
  // A flat event's payload is what is left over: the hash must do.
  if (wanted === undefined) return undefined;
  return isDeepStrictEqual(doc.payload, wanted) ? undefined : "its payload is not the payload that was sent";
}
