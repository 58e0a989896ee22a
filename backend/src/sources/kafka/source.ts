import { every } from "../../lib/every.js";
import { unlessOutage } from "../../lib/faults.js";
import { within } from "../../lib/within.js";
import type { Logger } from "../../telemetry/log.js";
import { type KafkaConfig, kafkaClients, reasonOf } from "./client.js";
import { createFetcher } from "./fetcher.js";
import { createIntake, type IntakeDeps } from "./intake.js";
import { createLane, type Lane } from "./lane.js";
import { joinGroup, type Start } from "./member.js";
import { createTroubles, type Trouble } from "./troubles.js";

export interface SourceOptions extends IntakeDeps {
  config: KafkaConfig;
  /** Unique per process start. */
  name: string;
  log: Logger;
  /** Most bytes of messages in hand. */
  mostBytes: number;
  /** For the tests that end the process there. */
  at?: (point: KafkaPoint) => void;
}

/** Points of a source where a test may end its process. */
export type KafkaPoint = "before-commit" | "after-commit";

export interface KafkaSource {
  /** The partitions that are ours now. */
  lanes(): Lane[];
  /** What stands in its way, with since when. */
  troubles(): Trouble[];
  /** Topics that are configured and do not exist. */
  missingTopics(): string[];
  /** Messages that Kafka deleted before they were read, since this process started. */
  deletedMessages(): number;
  /** Whether it has joined the group and can read. */
  ready(): boolean;
  /** Stops reading, waits for what is being appended, commits and leaves the group. */
  close(): Promise<void>;
}

const COMMIT_EVERY_MS = 1_000;
/** What is in hand gets so long to become durable, before partitions are given away or the process ends. */
const MOST_IDLE_MS = 3_000;
const MOST_CLOSE_MS = 2_000;

/**
 * Reads topics of Kafka into the stream. Nothing is committed before it is durable, so whatever dies between is delivered again; and
 * what is delivered again is known by its identity, so it is never there twice.
 */
export function startKafkaSource(options: SourceOptions): KafkaSource {
  const { config, log } = options;
  const connect = kafkaClients(config, options.name);
  const take = createIntake(options);
  const troubles = createTroubles((trouble) => log.warn({ err: trouble.reason }, `kafka: ${trouble.what}`));
  let lanes = new Map<string, Lane>();
  /** Those of the last assignment: their offsets are further than what the group has committed. */
  let before = lanes;
  let missing: string[] = [];
  let deleted = 0;
  let joined = false;
  /** Counts assignments and their ends: one that waits for what is in hand must not come after a later one. */
  let assignment = 0;

  const keyOf = ({ topic, partition }: Pick<Lane, "topic" | "partition">): string => `${topic}/${partition}`;
  const settleDown = (some: Iterable<Lane>): Promise<unknown> => atMost(MOST_IDLE_MS, Promise.all([...some].map((lane) => lane.idle())));

  const revoked = (): void => {
    assignment++;
    joined = false;
    for (const lane of lanes.values()) lane.stop();
    if (lanes.size > 0) before = lanes;
    lanes = new Map();
  };

  const assigned = async (starts: Start[]): Promise<void> => {
    revoked();
    const mine = assignment;
    // What is being appended of a partition that stays ours need not be read again.
    await settleDown(before.values());
    if (mine !== assignment) return;
    const own = new Map<string, Lane>();
    for (const { offset, committed, ...place } of starts) {
      const durable = before.get(keyOf(place))?.durable();
      const start = durable !== undefined && durable > offset ? durable : offset;
      const lane = createLane(place, start, take, () => fetcher.pump());
      if (committed) lane.committed = offset;
      own.set(keyOf(place), lane);
    }
    before = new Map();
    lanes = own;
    joined = true;
    log.info({ partitions: [...own.keys()] }, "kafka: partitions assigned");
    fetcher.pump();
  };

  const member = joinGroup({
    connect,
    topics: config.KAFKA_TOPICS.map(({ topic }) => topic),
    start: config.KAFKA_START,
    assigned,
    revoked,
    troubled: (reason) => troubles.set("kafka-group", reason),
    missing(topics) {
      if (topics.length > 0 && topics.join() !== missing.join()) log.warn({ topics }, "kafka: topics that do not exist yet");
      missing = topics;
    },
  });
  const fetcher = createFetcher({
    connect,
    lanes: () => lanes.values(),
    mostBytes: options.mostBytes,
    troubled: (reason) => troubles.set("kafka-away", reason),
    deleted(lane, messages) {
      deleted += messages;
      log.error(
        { partition: keyOf(lane), messages, from: String(lane.next()) },
        "kafka: its retention deleted messages before they were read",
      );
    },
  });

  /** By now every message before these offsets is durable: on disk in Redis, as an event or to become a dead letter. */
  const commit = async (): Promise<void> => {
    const due = [...lanes.values()].filter((lane) => lane.durable() !== lane.committed);
    if (due.length === 0) return troubles.set("kafka-commit", undefined);
    const offsets = due.map(({ topic, partition, durable }) => ({ topic, partition, offset: durable() }));
    options.at?.("before-commit");
    await member.commit(offsets);
    options.at?.("after-commit");
    due.forEach((lane, i) => {
      lane.committed = offsets[i]?.offset;
    });
    troubles.set("kafka-commit", undefined);
  };
  const commits = every(COMMIT_EVERY_MS, () => commit().catch((error) => joined && troubles.set("kafka-commit", reasonOf(error))), {
    onError: unlessOutage("source"),
  });

  return {
    lanes: () => [...lanes.values()],
    troubles: troubles.all,
    missingTopics: () => missing,
    deletedMessages: () => deleted,
    ready: () => joined && troubles.all().length === 0,
    async close() {
      const own = [...lanes.values()];
      for (const lane of own) lane.stop();
      await settleDown(own);
      // A broker that does not answer must not hold up the end: what is not committed is delivered again.
      await atMost(MOST_CLOSE_MS, commit());
      await atMost(MOST_CLOSE_MS, Promise.all([commits.close(), fetcher.close(), member.close()]));
    },
  };
}

/** Waits for the work, or so long. What it throws shows elsewhere. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  await within(ms, "Kafka", work).catch(() => {});
}
