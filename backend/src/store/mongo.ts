import { type Collection, type Db, MongoClient, MongoNetworkTimeoutError } from "mongodb";
import type { Config } from "../config.js";
import type {
  AttemptDocument,
  DeadLetterDocument,
  EventDocument,
  EventHourDocument,
  EventPlaceDocument,
  ExportPartDocument,
} from "./documents.js";
import { ensureErasureIndexes } from "./erasures.js";
import { knownHole } from "./known-holes.js";
import { ensureLetterIndexes, expireAfterDays } from "./letter-indexes.js";
import { ensureRemovalIndexes } from "./removal-documents.js";

export interface Store {
  client: MongoClient;
  db: Db;
  events: Collection<EventDocument>;
  eventHours: Collection<EventHourDocument>;
  eventPlaces: Collection<EventPlaceDocument>;
  deadLetters: Collection<DeadLetterDocument>;
  attempts: Collection<AttemptDocument>;
  exportParts: Collection<ExportPartDocument>;
  /** Why events could be lost in it, in words; not empty only with `ALLOW_UNSAFE`. */
  unsafe: string[];
  /** What is known to be wrong with its version, in a sentence. */
  knownHole: string | undefined;
  close(): Promise<void>;
}

/**
 * Connects to MongoDB under the rules that keep stored events: majority writes, primary majority reads, a deadline on every
 * operation, no retries by the driver (we retry by classification, which also saves 2 µs an event).
 * @throws Error in one sentence when MongoDB does not answer, is no replica set, or would acknowledge less than a majority
 */
export async function connectStore(
  config: Pick<Config, "MONGODB_URI" | "MONGODB_DATABASE" | "MONGO_TIMEOUT_MS" | "ALLOW_UNSAFE">,
  name: string,
): Promise<Store> {
  const client = new MongoClient(config.MONGODB_URI, {
    appName: name,
    retryWrites: false,
    retryReads: true,
    readPreference: "primary",
    readConcern: { level: "majority" },
    // Driver 7.9 made `timeoutMS` a no-op: the deadline is made of its parts (docs/decisions/0006-mongodb-deadlines.md).
    writeConcern: { w: "majority", wtimeoutMS: Math.floor(config.MONGO_TIMEOUT_MS * 0.8) },
    socketTimeoutMS: config.MONGO_TIMEOUT_MS,
    serverSelectionTimeoutMS: Math.min(5_000, config.MONGO_TIMEOUT_MS),
    waitQueueTimeoutMS: config.MONGO_TIMEOUT_MS,
    connectTimeoutMS: 5_000,
    maxPoolSize: 20,
    monitorCommands: false,
    ignoreUndefined: true,
  });
  const db = client.db(config.MONGODB_DATABASE);
  let unsafe: string | undefined;
  let hole: string | undefined;
  try {
    await client.connect();
    unsafe = await unsafeStore(client, db);
    hole = await knownHole(db);
    if (unsafe && !config.ALLOW_UNSAFE) throw new Error(`${unsafe} Set ALLOW_UNSAFE=true to start nevertheless.`);
  } catch (error) {
    await client.close();
    const message = (error as Error).message;
    if (message.startsWith("MongoDB ")) throw error;
    throw new Error(
      `MongoDB does not answer at ${config.MONGODB_URI.replace(/\/\/[^@/]*@/, "//***@")} (${message}). Is it running? Set MONGODB_URI, or leave it unset and use npm start.`,
    );
  }
  return {
    client,
    db,
    events: db.collection<EventDocument>("events"),
    eventHours: db.collection<EventHourDocument>("event_hours"),
    eventPlaces: db.collection<EventPlaceDocument>("event_places"),
    deadLetters: db.collection<DeadLetterDocument>("events_dlq"),
    attempts: db.collection<AttemptDocument>("processing_attempts"),
    exportParts: db.collection<ExportPartDocument>("export_parts"),
    unsafe: unsafe ? [unsafe] : [],
    knownHole: hole,
    close: () => client.close(),
  };
}

/** @throws Error unless a primary answers, or a mongos: a secondary answers pings as well */
export async function expectPrimary(db: Db): Promise<void> {
  const { isWritablePrimary } = await db.command({ hello: 1 });
  if (!isWritablePrimary) throw new Error("MongoDB has no primary.");
}

/** Why acknowledged events could be lost in this MongoDB; undefined when they cannot. */
export async function unsafeStore(client: MongoClient, db: Db): Promise<string | undefined> {
  const hello = await db.admin().command({ hello: 1 });
  if (!hello.setName && hello.msg !== "isdbgrid") {
    return "MongoDB is a standalone mongod, which cannot acknowledge by majority; start it with --replSet and run rs.initiate().";
  }
  const w = client.options.writeConcern?.w;
  return w === "majority" ? undefined : `MongoDB write concern w is "${w}"; it must be "majority".`;
}

/**
 * Makes the indexes. Each costs 4–9 µs of mongod time a document, so each needs a query:
 * - a user's timeline, and the shard key: userId, newest first
 * - a tenant's list: newest first with `_id` to break ties, which is what keyset pagination needs
 * - dead letters: see `ensureLetterIndexes`
 * - failed attempts: those of one event, and their age
 * - parts of exports: those of one job, those that may hold a tenant's events of some time, and those in hand
 * The second parameter says how long what is not kept for ever is kept, in days.
 */
export async function ensureIndexes(store: Store, { attemptsDays = 30, ledgerDays = 400 } = {}): Promise<void> {
  await untilBuilt(() =>
    Promise.all([
      store.events.createIndexes([
        { key: { userId: "hashed", occurredAt: -1 }, name: "user_time" },
        { key: { tenantId: 1, occurredAt: -1, _id: -1 }, name: "tenant_time" },
      ]),
      store.eventHours.createIndex({ tenantId: 1, hour: -1 }, { name: "tenant_hour" }),
      ensureLetterIndexes(store),
      ensureErasureIndexes(store.db),
      store.attempts.createIndex({ eventDocId: 1, at: 1 }, { name: "event" }),
      store.exportParts.createIndexes([
        { key: { jobId: 1, unit: 1 }, name: "job_unit" },
        { key: { tenantId: 1, maxOccurredAt: 1 }, name: "tenant_time" },
        { key: { pending: 1 }, name: "pending", sparse: true },
      ]),
      expireAfterDays(store.db, store.attempts, "at", attemptsDays),
      ensureRemovalIndexes(store.db, ledgerDays),
    ]),
  );
}

/**
 * The index of exports by when events were stored. Made by the first of them, and not before: it costs each event, and an installation that does not
 * export on a schedule does not pay (docs/decisions/0048-parquet-export.md).
 */
export async function ensureStoredIndex({ events }: Pick<Store, "events">): Promise<void> {
  await untilBuilt(() => events.createIndex({ tenantId: 1, storedAt: 1, _id: 1 }, { name: "tenant_stored" }));
}

const MOST_WAITS = 60;

/**
 * A new index over a million documents takes longer than an operation may (`MONGO_TIMEOUT_MS`). The server goes on with it when we
 * hang up, so it is asked again until it is there: an upgrade must not need a second start.
 */
async function untilBuilt(build: () => Promise<unknown>): Promise<void> {
  for (let waits = 0; ; waits++) {
    try {
      await build();
      return;
    } catch (error) {
      if (!(error instanceof MongoNetworkTimeoutError) || waits === MOST_WAITS) throw error;
    }
  }
}
