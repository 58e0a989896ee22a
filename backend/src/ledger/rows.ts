import type { Redis } from "ioredis";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/lua.js";

export interface Counts {
  accepted: number;
  stored: number;
  duplicate: number;
  dead: number;
}

export const COUNTS = ["accepted", "stored", "duplicate", "dead"] as const;

/**
 * The later of two copies of one row. Counts only grow, so it is the larger one in each column; where Redis came back older,
 * what was copied before stands.
 */
export function laterOf(one: Counts, other: Counts): Counts {
  const later = { accepted: 0, stored: 0, duplicate: 0, dead: 0 };
  for (const column of COUNTS) later[column] = Math.max(one[column], other[column]);
  return later;
}

/** One minute of acceptance of one tenant, in one partition. */
export interface PartRow extends Counts {
  /** Minutes since 1970, by Redis's clock. */
  minute: number;
  tenantId: string;
  partition: number;
  /** Set while the row is being moved to MongoDB: the part there under this name is the same events. */
  part: string | undefined;
}

export interface RedisLedger {
  nowMs: number;
  /** Minutes that end by then are closed: no event of them is under way in any partition, and none can join them. */
  closedUntilMs: number;
  rows: PartRow[];
  /** Of each partition, at the moment its rows were read: events accepted since the epoch, and how often its totals were sampled. */
  partitions: { accepted: number; samples: number }[];
}

export const MINUTE_MS = 60_000;

/** Name of a row's part in its minute's document. */
export const partName = (partition: number, mark: string): string => `${partition}_${mark}`;

type Reply = [nowMs: number, firstId: string, oldestRetryMs: string, ledger: string[], marks: string[], accepted: number, samples: number];

/** Reads the ledger that Redis holds: one atomic picture per partition, one round trip. */
export function createRowReader(redis: Redis, keys: RedisKeys, partitions: number): () => Promise<RedisLedger> {
  redis.defineCommand("sfLedgerRead", { numberOfKeys: 5, lua: luaScript("ledger-read") });
  const read = (redis as unknown as { sfLedgerRead(...names: string[]): Promise<Reply> }).sfLedgerRead.bind(redis);

  return async () => {
    const replies = await Promise.all(
      Array.from({ length: partitions }, (_, p) => {
        const { ledger, ledgerMarks, stream, retryAccepted, totals } = keys.partition(p);
        return read(ledger, ledgerMarks, stream, retryAccepted, totals);
      }),
    );
    const underWay = replies.flatMap(([, firstId, oldestRetryMs]) => [firstId, oldestRetryMs].filter((text) => text !== ""));
    const nowMs = Math.min(...replies.map(([now]) => now));
    return {
      nowMs,
      closedUntilMs: Math.min(nowMs, ...underWay.map((text) => Number.parseInt(text, 10))),
      rows: replies.flatMap(([, , , ledger, marks], partition) => rowsOf(ledger, marks, partition)),
      partitions: replies.map(([, , , , , accepted, samples]) => ({ accepted, samples })),
    };
  };
}

const COLUMNS = { a: "accepted", s: "stored", u: "duplicate", d: "dead" } as const;

function rowsOf(ledger: string[], marks: string[], partition: number): PartRow[] {
  const rows = new Map<string, PartRow>();
  for (let i = 0; i < ledger.length; i += 2) {
    const [minute, tenantId, letter] = (ledger[i] as string).split(":") as [string, string, keyof typeof COLUMNS];
    const name = `${minute}:${tenantId}`;
    let row = rows.get(name);
    if (!row) {
      row = { minute: Number(minute), tenantId, partition, part: undefined, accepted: 0, stored: 0, duplicate: 0, dead: 0 };
      rows.set(name, row);
    }
    row[COLUMNS[letter]] += Number(ledger[i + 1]);
  }
  for (let i = 0; i < marks.length; i += 2) {
    const row = rows.get(marks[i] as string);
    if (row) row.part = partName(partition, marks[i + 1] as string);
  }
  return [...rows.values()];
}
