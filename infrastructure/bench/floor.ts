import { type Collection, type Document, type IndexDescription, MongoClient } from "mongodb";

/**
 * The floor: what MongoDB alone takes. The same documents that StreamForge stored, with the same indexes and collection
 * options, are written to the same server by nothing but a loop of insertMany.
 */

export interface FloorOrder {
  mongodbUri: string;
  database: string;
  /** Documents of this tenant are copied. */
  tenantId: string;
  bulk: number;
  bulksInFlight: number;
}

export interface FloorResult {
  startedAtMs: number;
  endedAtMs: number;
  documents: number;
}

const FLOOR_DATABASE = "streamforge_floor";

async function prepare({ mongodbUri, database, tenantId, bulk, bulksInFlight }: FloorOrder): Promise<() => Promise<FloorResult>> {
  const client = await MongoClient.connect(mongodbUri, { retryWrites: false, writeConcern: { w: "majority" } });
  const source = client.db(database);
  const documents = await source.collection("events").find({ tenantId }).toArray();
  await client.db(FLOOR_DATABASE).dropDatabase();
  const target = await twinOf(source.collection("events"), client);

  return async () => {
    const startedAtMs = Date.now();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < documents.length) {
        const from = next;
        next += bulk;
        await target.insertMany(documents.slice(from, from + bulk), { ordered: false });
      }
    };
    await Promise.all(Array.from({ length: bulksInFlight }, lane));
    const endedAtMs = Date.now();
    const stored = await target.countDocuments();
    if (stored !== documents.length) throw new Error(`the floor wrote ${documents.length} documents and holds ${stored}`);
    await client.db(FLOOR_DATABASE).dropDatabase();
    await client.close();
    return { startedAtMs, endedAtMs, documents: documents.length };
  };
}

/** An empty collection with the options and indexes of another. */
async function twinOf(source: Collection, client: MongoClient): Promise<Collection> {
  const [info] = await client.db(source.dbName).listCollections({ name: source.collectionName }).toArray();
  const options = (info as { options?: Document } | undefined)?.options ?? {};
  const target = await client.db(FLOOR_DATABASE).createCollection(source.collectionName, options);
  const indexes = (await source.indexes()).filter((index) => index.name !== "_id_").map(({ v: _v, ...index }) => index as IndexDescription);
  if (indexes.length > 0) await target.createIndexes(indexes);
  return target;
}

let go: (() => Promise<FloorResult>) | undefined;
process.on("message", async (message: { kind: "prepare"; order: FloorOrder } | { kind: "go" }) => {
  try {
    if (message.kind === "prepare") {
      go = await prepare(message.order);
      process.send?.({ kind: "ready" });
    } else if (go) {
      process.send?.({ kind: "done", result: await go() });
    }
  } catch (error) {
    process.send?.({ kind: "failed", message: (error as Error).message });
  }
});
process.on("disconnect", () => process.exit(0));
