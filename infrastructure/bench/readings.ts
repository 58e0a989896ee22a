import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Db, MongoClient } from "mongodb";
import { createLatencyRecorder, type LatencySummary } from "../load/histogram.js";

/** From the acknowledgement until a majority read finds the event, in ms: what the documents' own times leave out is the write itself. */
export interface VisiblePhase {
  acceptToVisibleMs: LatencySummary;
}

/** Reads a tenant's documents once: how many, how many distinct events, and how long they took. */
export async function readDocuments(db: Db, tenantId: string) {
  const latency = createLatencyRecorder();
  const ids = new Set<string>();
  let count = 0;
  let withText = 0;
  const projection = { _id: 0, eventId: 1, receivedAt: 1, storedAt: 1, text: 1 };
  for await (const doc of db.collection("events").find({ tenantId }, { projection, batchSize: 10_000 })) {
    ids.add(doc["eventId"]);
    latency.record(doc["storedAt"] - doc["receivedAt"]);
    if (doc["text"] !== undefined) withText++;
    count++;
  }
  return { count, distinct: ids.size, withText, storeMs: latency.summary() };
}

/** Bytes that Redis uses for its data now. */
export async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
}

/** Bytes per event of `events`: documents before compression, indexes on disk. */
export async function mongoBytes(client: MongoClient, db: Db): Promise<{ mongoData: number; mongoIndexes: number }> {
  // Sizes of indexes are those of the last checkpoint.
  await client.db("admin").command({ fsync: 1 });
  const stats = await db.command({ collStats: "events" });
  return { mongoData: stats["size"] / stats["count"], mongoIndexes: stats["totalIndexSize"] / stats["count"] };
}

/** Sends an event every 100 ms and looks for it every 2 ms, until told to stop. */
export async function startProbe(url: string, apiKey: string, db: Db): Promise<() => Promise<VisiblePhase>> {
  const latency = createLatencyRecorder();
  let stopping = false;
  const one = async (n: number): Promise<void> => {
    const eventId = `probe-${n}`;
    const body = JSON.stringify({ eventId, eventType: "probe", userId: "probe", payload: { n } });
    const response = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body,
    });
    await response.arrayBuffer();
    const acceptedAt = performance.now();
    while ((await db.collection("events").findOne({ userId: "probe", eventId }, { projection: { _id: 1 } })) === null) await sleep(2);
    latency.record(performance.now() - acceptedAt);
  };
  const loop = (async () => {
    for (let n = 0; !stopping; n++) {
      await one(n);
      await sleep(100);
    }
  })();
  // What went wrong elsewhere is told first; the probe's own failure is told by the one who stops it.
  loop.catch(() => {});
  return async () => {
    stopping = true;
    await loop;
    return { acceptToVisibleMs: latency.summary() };
  };
}
