import { setTimeout as sleep } from "node:timers/promises";
import { type Client, reasonOf } from "./client.js";
import type { TopicPartition } from "./lane.js";

/** Where a partition is to be read from. */
export interface Start extends TopicPartition {
  /** The group's committed offset; the configured start where there is none. */
  offset: bigint;
  /** Whether the group has committed it. */
  committed: boolean;
}

export interface MemberEvents {
  /** These partitions are ours, until `revoked`. May be called again without a `revoked` between. */
  assigned(starts: Start[]): Promise<void>;
  /** Nothing is ours any more: a rebalance has begun, or the membership was lost. */
  revoked(): void;
  /** Why the group cannot be joined or kept now; undefined when it is well again. */
  troubled(reason: string | undefined): void;
  /** Topics that are configured and do not exist. */
  missing(topics: string[]): void;
}

export interface MemberOptions extends MemberEvents {
  connect: () => Client;
  topics: readonly string[];
  start: "earliest" | "latest";
}

export interface Member {
  /** Commits offsets (of the next message to read). Rejects when that is not possible now, or the group has moved on. */
  commit(offsets: (TopicPartition & { offset: bigint })[]): Promise<void>;
  /** Leaves the group. */
  close(): Promise<void>;
}

const EARLIEST = -2n;
const LATEST = -1n;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Topics that came, and partitions that were added, are noticed within this time. */
const TOPICS_EVERY_MS = 10_000;

/**
 * Membership of the consumer group, for as long as it is open: it joins, rejoins when the group rebalances, and begins again with a
 * new client when anything about the group fails. It owns no data: who reads a partition that it has lost reads what others read,
 * and the identities of the events decide.
 */
export function joinGroup(options: MemberOptions): Member {
  const { connect, topics, start } = options;
  const closing = new AbortController();
  let current: Client | undefined;
  /** Counts assignments, so that a slow answer to an earlier one is thrown away. */
  let generation = 0;

  const lose = (): void => {
    generation++;
    options.revoked();
  };

  const begin = async (client: Client): Promise<void> => {
    const mine = ++generation;
    const assignments = (client.assignments ?? []).filter(({ partitions }) => partitions.length > 0);
    const starts = await startsOf(client, assignments, start);
    if (mine === generation) await options.assigned(starts);
  };

  /** One membership, until it breaks. @throws why it could not begin, or broke */
  const live = async (client: Client): Promise<void> => {
    const present = await presentTopics(client, topics);
    options.missing(topics.filter((topic) => !present.has(topic)));
    client.topics.trackAll(...present.keys());
    const broken = new Promise<Error | "changed">((resolve) => {
      client.on("error", resolve);
      client.on("consumer:heartbeat:stalled", ({ lastError }) =>
        resolve(lastError ?? new Error("the group's coordinator does not answer")),
      );
      client.on("consumer:group:rebalance", lose);
      client.on("consumer:group:join", () => {
        begin(client).then(() => options.troubled(undefined), resolve);
      });
      void watchTopics(client, topics, present, closing.signal).then((changed) => changed && resolve("changed"));
      closing.signal.addEventListener("abort", () => resolve("changed"), { once: true });
    });
    if (present.size > 0) await client.joinGroup({});
    const end = await broken;
    if (end !== "changed") throw end;
  };

  const run = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!closing.signal.aborted) {
      const client = connect();
      current = client;
      const begunAtMs = Date.now();
      try {
        await live(client);
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        if (!closing.signal.aborted) options.troubled(reasonOf(error));
      }
      lose();
      // While it closes it still leaves the group, so that others need not wait for its session to end.
      await Promise.race([client.close(true).catch(() => {}), sleep(3_000, undefined, { ref: false })]);
      if (closing.signal.aborted) return;
      if (Date.now() - begunAtMs > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  const running = run();

  return {
    async commit(offsets) {
      if (!current?.isActive()) throw new Error("the group is being joined");
      await current.commit({ offsets: offsets.map((one) => ({ ...one, leaderEpoch: -1 })) });
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Partitions of each topic that exists. */
async function presentTopics(client: Client, topics: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const topic of topics) {
    try {
      const metadata = await client.metadata({ topics: [topic], forceUpdate: true });
      found.set(topic, metadata.topics.get(topic)?.partitionsCount ?? 0);
    } catch (error) {
      if (!isUnknownTopic(error)) throw error;
    }
  }
  return found;
}

/** The client says so in words alone; a broker by its code. */
function isUnknownTopic(error: unknown): boolean {
  const { findBy, message } = error as Error & { findBy?: (property: string, value: unknown) => unknown };
  return /^Unknown topic\b/.test(message) || Boolean(findBy?.call(error, "apiId", "UNKNOWN_TOPIC_OR_PARTITION"));
}

/** @returns true once a topic has come or gone, or has another number of partitions; false when it ends */
async function watchTopics(client: Client, topics: readonly string[], before: Map<string, number>, closing: AbortSignal): Promise<boolean> {
  for (;;) {
    await sleep(TOPICS_EVERY_MS, undefined, { signal: closing, ref: false }).catch(() => {});
    if (closing.aborted || client.closed) return false;
    const now = await presentTopics(client, topics).catch(() => before);
    if (now.size !== before.size || [...now].some(([topic, partitions]) => before.get(topic) !== partitions)) return true;
  }
}

async function startsOf(
  client: Client,
  assignments: { topic: string; partitions: number[] }[],
  start: "earliest" | "latest",
): Promise<Start[]> {
  if (assignments.length === 0) return [];
  const committed = await client.listCommittedOffsets({ topics: assignments });
  const found = assignments.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition, offset: committed.get(topic)?.[partition] ?? -1n, committed: true })),
  );
  const fresh = found.filter(({ offset }) => offset < 0n);
  if (fresh.length === 0) return found;
  const begins = await offsetsAt(client, fresh, start === "earliest" ? EARLIEST : LATEST);
  for (const one of fresh) Object.assign(one, { offset: begins(one), committed: false });
  return found;
}

/** The first or last offsets of partitions. @returns a function that throws for one that was not answered */
export async function offsetsAt(
  client: Client,
  partitions: TopicPartition[],
  timestamp: typeof EARLIEST | typeof LATEST,
): Promise<(one: TopicPartition) => bigint> {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  const offsets = await client.listOffsets({
    topics: [...byTopic.keys()],
    partitions: Object.fromEntries([...byTopic].map(([topic, all]) => [topic, all.map(({ partition }) => partition)])),
    timestamp,
  });
  return ({ topic, partition }) => {
    const offset = offsets.get(topic)?.[partition];
    if (offset === undefined) throw new Error(`Kafka named no offset of ${topic}/${partition}`);
    return offset;
  };
}
