import { FetchIsolationLevels } from "@platformatic/kafka";
import { every } from "../../lib/every.js";
import { unlessOutage } from "../../lib/faults.js";
import { type Client, reasonOf } from "./client.js";
import type { Lane } from "./lane.js";
import { offsetsAt } from "./member.js";
import { type FetchResponse, messagesOf } from "./records.js";

export interface FetcherOptions {
  connect: () => Client;
  /** The partitions that are ours now. */
  lanes: () => Iterable<Lane>;
  /** Most bytes of messages in hand, of all partitions. */
  mostBytes: number;
  /** Why brokers cannot be read from; undefined when they can. */
  troubled(reason: string | undefined): void;
  /** Messages that Kafka deleted, by its retention, before they were read. */
  deleted(lane: Lane, messages: number): void;
}

export interface Fetcher {
  /** Looks what there is room for, and fetches it. To be called when partitions or room came. */
  pump(): void;
  close(): Promise<void>;
}

/** Kafka's code of an error. */
const OFFSET_OUT_OF_RANGE = 1;
/** A fetch waits so long for the first message; a partition that was paused, or is new, joins with the next one. */
const MAX_WAIT_MS = 250;
const MOST_FETCH_BYTES = 4 * 1024 * 1024;
const MOST_PARTITION_BYTES = 1024 * 1024;
const TICK_MS = 100;
const PAUSE_MS = 500;
const ENDS_EVERY_MS = 2_000;

/**
 * Fetches from every broker that leads a partition of ours, one request to each at a time. A partition is left out while it has as much
 * in hand as one fetch brings: that is how it is paused, and its neighbours are not.
 */
export function createFetcher(options: FetcherOptions): Fetcher {
  const client = options.connect();
  /** By node, what is under way there, or the end of a pause. */
  const busy = new Map<number, Promise<void>>();
  let looking = false;
  let closed = false;

  const wanted = (): Lane[] => {
    const lanes = [...options.lanes()].filter((lane) => !lane.stopped());
    const held = lanes.reduce((sum, lane) => sum + lane.held(), 0);
    return held >= options.mostBytes ? [] : lanes.filter((lane) => lane.held() < MOST_PARTITION_BYTES / 2);
  };

  const look = async (): Promise<void> => {
    const lanes = wanted();
    if (lanes.length === 0) {
      if ([...options.lanes()].length === 0) options.troubled(undefined);
      return;
    }
    for (const { topic } of lanes) if (!client.topics.has(topic)) client.topics.track(topic);
    const metadata = await client.metadata({ topics: [...new Set(lanes.map(({ topic }) => topic))] });
    const byNode = Map.groupBy(lanes, ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1);
    for (const [node, ofNode] of byNode) {
      if (node < 0 || busy.has(node)) continue;
      const ids = new Map(ofNode.map(({ topic }) => [topic, metadata.topics.get(topic)?.id ?? ""]));
      const work = fetchFrom(node, ofNode, ids)
        .then(() => options.troubled(undefined), pauseAfter)
        .finally(() => {
          busy.delete(node);
          pump();
        });
      busy.set(node, work);
    }
  };
  const pauseAfter = async (error: unknown): Promise<void> => {
    if (closed) return;
    options.troubled(reasonOf(error));
    client.clearMetadata();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
  };

  const fetchFrom = async (node: number, lanes: Lane[], ids: Map<string, string>): Promise<void> => {
    const asked = new Map(lanes.map((lane) => [`${ids.get(lane.topic)} ${lane.partition}`, { lane, from: lane.next() }]));
    const topics = [...Map.groupBy(lanes, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topicId: ids.get(topic) as string,
      partitions: ofTopic.map((lane) => ({
        partition: lane.partition,
        fetchOffset: lane.next(),
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: MOST_PARTITION_BYTES,
      })),
    }));
    const limits = { minBytes: 1, maxBytes: MOST_FETCH_BYTES, maxWaitTime: MAX_WAIT_MS };
    const isolationLevel = FetchIsolationLevels.READ_COMMITTED;
    let failure: unknown;
    const response = await client.fetch({ node, topics, isolationLevel, ...limits }).catch((error: { response?: FetchResponse }) => {
      // One partition's error is the whole answer's; the others have their messages in it.
      failure = error;
      return error.response;
    });
    const astray: Lane[] = [];
    for (const { topicId, partitions } of response?.responses ?? []) {
      for (const found of partitions) {
        const { lane, from } = asked.get(`${topicId} ${found.partitionIndex}`) ?? {};
        if (!lane || from === undefined || lane.stopped()) continue;
        if (found.errorCode === OFFSET_OUT_OF_RANGE) astray.push(lane);
        if (found.errorCode !== 0) continue;
        lane.end = found.lastStableOffset >= 0n ? found.lastStableOffset : found.highWatermark;
        const fetched = messagesOf(found, lane.topic, topicId, from);
        if (fetched.next > from) lane.push(fetched);
      }
    }
    if (astray.length > 0) await findWay(astray);
    else if (failure !== undefined) throw failure;
  };

  /** What was to be read next is not there: deleted by retention, or the topic was made anew. What there is is read from its beginning. */
  const findWay = async (lanes: Lane[]): Promise<void> => {
    const earliest = await offsetsAt(client, lanes, -2n);
    for (const lane of lanes) {
      const begin = earliest(lane);
      const gone = begin - lane.next();
      if (gone > 0n) options.deleted(lane, Number(gone));
      lane.push({ messages: [], next: begin, bytes: 0 });
    }
  };

  const pump = (): void => {
    if (looking || closed) return;
    looking = true;
    look()
      .catch(pauseAfter)
      .catch(unlessOutage("source"))
      .finally(() => {
        looking = false;
      });
  };
  /** What waits is not fetched, and its end moves on all the same: the lag must say so. */
  const lookAtEnds = async (): Promise<void> => {
    const waiting = [...options.lanes()].filter((lane) => lane.paused !== undefined && !lane.stopped());
    if (waiting.length === 0) return;
    const ends = await offsetsAt(client, waiting, -1n).catch(() => undefined);
    for (const lane of waiting) if (ends) lane.end = ends(lane);
  };
  const ends = every(ENDS_EVERY_MS, lookAtEnds, { onError: unlessOutage("source") });
  const ticks = every(TICK_MS, pump, { onError: unlessOutage("source") });

  return {
    pump,
    async close() {
      closed = true;
      await Promise.all([ticks.close(), ends.close()]);
      await client.close(true).catch(() => {});
    },
  };
}
