import type { AlarmKind } from "@streamforge/shared";
import { type Collection, type Db, MongoServerError } from "mongodb";
import { every } from "../lib/every.js";
import { createLease } from "../lib/lease.js";
import { within } from "../lib/within.js";
import { agreeEpoch } from "../stream/data-set.js";
import { adoptMarks } from "./adopt.js";
import type { AlarmDocument } from "./alarms.js";
import { isBehind } from "./bound.js";
import { type AcceptCountOptions, createAcceptCount } from "./counted.js";
import {
  type CopiedDocument,
  createLook,
  type NewestDocument,
  readCopied,
  readNewest,
  type TotalsSample,
  totalsCollection,
} from "./samples.js";

export interface WitnessOptions extends AcceptCountOptions {
  db: Db;
  onAlarm: (alarm: AlarmDocument) => void;
  everyMs?: number;
}

/** Remembers outside of Redis what Redis had, so that a Redis that comes back with less cannot say that all is well. */
export interface Witness {
  /** Looks now, and raises the alarm when Redis has less than it had. Called before the first request is served. */
  look(): Promise<void>;
  /** How often each partition's data were looked at, as MongoDB has it: data that say less are not the data that were known. */
  expectedSamples(): Promise<number[]>;
  /** Adds this process's own count to alarms that are not acknowledged; cheap when there are none. */
  reportOn(alarms: AlarmDocument[]): void;
  close(): Promise<void>;
}

const DUPLICATE_KEY = 11000;
const EVERY_MS = 1_000;
/** A sample of what has not changed tells only that somebody looked. */
const UNCHANGED_EVERY_MS = 5_000;
const LEASE_MS = 5_000;
const RATE_WINDOW_MS = 60_000;
/** Redis behind a half-open link must not end the looking for good. */
const LOOK_TIMEOUT_MS = 3_000;

/**
 * One process of all (a lease) writes the totals into MongoDB every second, as one document that only a later sample replaces.
 * Sound in any order of processes and stalls: a loss is announced only when a sample that was read from MongoDB *before* the look
 * shows more than the look, and the announcement is durable before a lesser sample takes the place of the good one.
 */
export function createWitness(options: WitnessOptions): Witness {
  const { redis, keys, partitions, db, alarms, name, everyMs = EVERY_MS } = options;
  const look = createLook(redis, keys, partitions);
  const totals = totalsCollection(db) as unknown as Collection<NewestDocument>;
  const counted = createAcceptCount(options);
  const rates: { atMs: number; perSecond: number }[] = [];
  let newest: NewestDocument | null = null;
  let writtenAtMs = 0;

  const raise = async (before: NewestDocument, after: TotalsSample): Promise<void> => {
    const kind = kindOf(before, after);
    const { ratePerSecond } = before;
    const from = beginOf(kind, before, after);
    const copied = await readCopied(db);
    const alarm: AlarmDocument = {
      // The sample that was fallen behind names the loss: anyone who notices it makes the same alarm.
      _id: `redis-${before.seq}`,
      kind,
      from,
      rowsFrom: copied && copied.closedUntil < from ? copied.closedUntil : from,
      to: new Date(Math.max(after.at.getTime(), before.at.getTime())),
      noticedAt: new Date(),
      noticedBy: name,
      loss: {
        before: { epoch: before.epoch, at: before.at, partitions: before.partitions },
        after: after.partitions,
        ratePerSecond,
        reports: [],
      },
      unaccounted: unaccountedOf(copied, kind, before, after),
    };
    if (await alarms.raise(alarm)) options.onAlarm(alarm);
    counted.begin([alarm]);
    // Only now that it is durable may the lesser state become the one that later looks are held against.
    const epoch = await agreeEpoch(redis, keys);
    if (kind === "redis-older") await adoptMarks({ redis, keys, db, after });
    await totals.updateOne(
      { _id: "newest", seq: before.seq },
      { $set: { ...after, epoch, seq: before.seq + 1, by: name, ratePerSecond: 0 } },
    );
    rates.length = 0;
  };

  /** Writes the sample unless another process has written one meanwhile. */
  const keep = async (before: NewestDocument | null, sample: TotalsSample): Promise<void> => {
    // Named before it is kept: a name given later would look like another data set.
    const epoch = sample.epoch ?? (await agreeEpoch(redis, keys));
    const next = { ...sample, epoch, seq: (before?.seq ?? 0) + 1, by: name, ratePerSecond: before ? fastest(rates, before, sample) : 0 };
    // Two that begin at once: one of them inserts, the other is told that it is there.
    const kept = before
      ? (await totals.updateOne({ _id: "newest", seq: before.seq }, { $set: next })).matchedCount === 1
      : await inserted(totals.insertOne({ _id: "newest", ...next }));
    newest = kept ? { _id: "newest", ...next } : null;
    if (kept) counted.sampled(sample.at);
    writtenAtMs = Date.now();
  };

  const sample = async (): Promise<void> => {
    let before = newest ?? (await readNewest(db));
    let now = await look(before);
    if (before && lost(before, now)) {
      // What is remembered here may be from before a loss that another process has announced already: read first, then look.
      before = await readNewest(db);
      now = await look(before);
      if (before && lost(before, now)) {
        newest = null;
        await raise(before, now);
        return;
      }
    }
    if (newest && before && isUnchanged(before, now) && Date.now() - writtenAtMs < UNCHANGED_EVERY_MS) return;
    await keep(before, now);
  };

  const lease = createLease(redis, keys.totalsLease, name, LEASE_MS);
  const tick = async (): Promise<void> => {
    await counted.tick();
    if (redis.status !== "ready") return;
    if (await within(LOOK_TIMEOUT_MS, "Redis", lease.hold())) await within(LOOK_TIMEOUT_MS * 4, "MongoDB", sample());
    else newest = null;
  };
  const ticks = every(everyMs, tick, { onError: options.onError });

  return {
    look: sample,
    async expectedSamples() {
      return (await readNewest(db))?.partitions.map(({ samples }) => samples) ?? [];
    },
    reportOn: counted.begin,
    async close() {
      await ticks.close();
      await lease.giveBack();
    },
  };
}

async function inserted(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
    throw error;
  }
}

function lost(before: TotalsSample, now: TotalsSample): boolean {
  return before.epoch !== now.epoch || before.partitions.some((sample, p) => isBehind(sample, now.partitions[p] ?? sample));
}

function kindOf(before: TotalsSample, after: TotalsSample): AlarmKind {
  if (after.partitions.every(({ samples }) => samples === 0)) return "redis-empty";
  return before.epoch === after.epoch ? "redis-older" : "redis-other";
}

/** What was accepted before then was settled, or the state that Redis came back with knows it. */
function beginOf(kind: AlarmKind, before: TotalsSample, after: TotalsSample): Date {
  const oldest = before.partitions.flatMap(({ oldestAtMs }) => oldestAtMs ?? []);
  const unsettledSinceMs = Math.min(before.at.getTime(), ...oldest);
  if (kind !== "redis-older") return new Date(unsettledSinceMs);
  const restored = after.partitions.filter((now, p) => isBehind(before.partitions[p] ?? now, now)).map(({ sampledAtMs }) => sampledAtMs);
  return new Date(Math.max(unsettledSinceMs, Math.min(before.at.getTime(), ...restored)));
}

/** Accepted by the last sample, and in no row: neither in MongoDB's copy nor in the state that Redis came back with. */
function unaccountedOf(copied: CopiedDocument | null, kind: AlarmKind, before: TotalsSample, after: TotalsSample): number {
  return before.partitions.reduce((total, { accepted }, p) => {
    const inCopy = copied && copied.epoch === before.epoch ? (copied.accepted[p] ?? 0) : 0;
    const inRedis = kind === "redis-older" ? (after.partitions[p]?.sampledAccepted ?? 0) : 0;
    return total + Math.max(0, accepted - Math.max(inCopy, inRedis));
  }, 0);
}

function isUnchanged(before: TotalsSample, now: TotalsSample): boolean {
  return (
    before.partitions.length === now.partitions.length &&
    before.partitions.every(({ samples }, p) => samples === now.partitions[p]?.samples)
  );
}

/** The most events a second between two samples of the last minute. */
function fastest(rates: { atMs: number; perSecond: number }[], before: TotalsSample, now: TotalsSample): number {
  const total = ({ partitions }: TotalsSample) => partitions.reduce((sum, { accepted }) => sum + accepted, 0);
  const atMs = now.at.getTime();
  const ms = atMs - before.at.getTime();
  if (ms > 0) rates.push({ atMs, perSecond: Math.max(0, ((total(now) - total(before)) * 1000) / ms) });
  while (rates[0] && rates[0].atMs < atMs - RATE_WINDOW_MS) rates.shift();
  return Math.ceil(Math.max(0, ...rates.map(({ perSecond }) => perSecond)));
}
