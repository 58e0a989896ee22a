import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProblemCode } from "@streamforge/shared";
import type { Redis } from "ioredis";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import { ownerOf } from "../redis/nodes.js";
import { type Appendable, type AppendOutcome, addToFlush, type Flush, fits, newFlush, renew, type Waiter } from "./flush.js";
import type { PartitionKeys, RedisKeys } from "./keys.js";
import { luaScript } from "./lua.js";
import { DEDUPE_RECORD_BYTES, readDedupeRecord } from "./record.js";

export interface Appender {
  /** Appends events, coalesced with those of other requests. Resolves when each has its `outcome`; never rejects. */
  append(events: Appendable[]): Promise<void>;
  /** Events given to `append` that have no outcome yet. */
  pending(): number;
  /** Resolves when nothing is pending. */
  drain(): Promise<void>;
  /** To be called when nothing is appended any more. */
  close(): Promise<void>;
}

/** While this many flushes of a partition are under way, arriving events gather: entries get fuller just when it pays. */
const FLUSHES_IN_FLIGHT = 4;
/** Flushes kept for reuse; a full one has 256 KB. */
const MOST_SPARE = 4;
/** A flush without a reply for this long sits on a dead connection: it is cut, so that the flush can be sent again on a new one. */
const REPLY_TIMEOUT_MS = 3_000;
const RESEND_PAUSE_MS = 50;

export interface AppenderOptions {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  dedupeTtlMs: number;
  /** How long a flush is tried before its events are answered `outcome-unknown`. */
  timeoutMs: number;
  /** Replicas that must confirm each flush (WAIT); 0 asks none. */
  replicaAcks: number;
  /** Called around the script, for the tests that end the process there. */
  at?: (point: "before-append" | "after-append") => void;
}

type AppendReply = Buffer | Buffer[];

/**
 * The one way into the stream. All events that wait for the same partition go to Redis in one script call, as one packed entry.
 * A flush whose reply was lost is sent again unchanged; a "known" answer that carries our own receipt is our own success.
 */
export function createAppender(options: AppenderOptions): Appender {
  const { redis, keys, dedupeTtlMs, timeoutMs, replicaAcks } = options;
  redis.defineCommand("sfAppend", { numberOfKeys: 7, lua: luaScript("append") });
  const runScript = (redis as unknown as { sfAppendBuffer(...args: unknown[]): Promise<AppendReply> }).sfAppendBuffer.bind(redis);
  let pendingEvents = 0;
  let idle: (() => void)[] = [];

  const finish = (flush: Flush, outcomeOf: (index: number) => AppendOutcome): void => {
    for (let i = 0; i < flush.events.length; i++) {
      (flush.events[i] as Appendable).outcome = outcomeOf(i);
      const waiter = flush.waiters[i] as Waiter;
      if (--waiter.left === 0) waiter.done();
    }
    pendingEvents -= flush.events.length;
    if (pendingEvents === 0) {
      for (const resolve of idle) resolve();
      idle = [];
    }
  };

  const judge = (flush: Flush, reply: AppendReply): void => {
    const known = Array.isArray(reply) ? reply : undefined;
    finish(flush, (i) => {
      const found = known?.[i + 1] ?? NONE;
      if (found.length === 0) return ACCEPTED;
      const first = readDedupeRecord(found);
      const receiptAt = i * DEDUPE_RECORD_BYTES + 8;
      const ours = first.receipt.equals(flush.dedupe.subarray(receiptAt, receiptAt + 8));
      return ours ? ACCEPTED : { kind: "known", first };
    });
  };

  const callScript = async (keysOf: PartitionKeys, flush: Flush): Promise<AppendReply> => {
    const n = flush.events.length;
    const reply = await runScript(
      keysOf.stream,
      keysOf.dedupeState,
      keysOf.dedupe0,
      keysOf.dedupe1,
      keysOf.ledger,
      keysOf.totals,
      keysOf.retryAccepted,
      dedupeTtlMs,
      flush.records.subarray(0, flush.recordBytes),
      flush.identities.subarray(0, n * 16),
      flush.dedupe.subarray(0, n * DEDUPE_RECORD_BYTES),
      flush.tenants.length > 1 ? flush.owners.subarray(0, n) : "",
      ...flush.tenants,
    );
    if (replicaAcks > 0 && (await ownerOf(redis, keysOf.stream).wait(replicaAcks, REPLY_TIMEOUT_MS)) < replicaAcks)
      throw new Error("too few replicas confirmed");
    return reply;
  };

  /** @returns whether Redis has answered */
  const send = async (keysOf: PartitionKeys, flush: Flush): Promise<boolean> => {
    let unknown = false;
    for (;;) {
      try {
        options.at?.("before-append");
        flush.sentAt = Date.now();
        waiting.set(flush, keysOf.stream);
        const reply = await callScript(keysOf, flush);
        waiting.delete(flush);
        options.at?.("after-append");
        judge(flush, reply);
        return true;
      } catch (error) {
        waiting.delete(flush);
        const refusal = refusalCode(error as Error);
        // Without a reply the script may have run: only a repetition with the same receipts can tell.
        unknown ||= refusal === undefined;
        const full = refusal === "backlog-full";
        if (full || Date.now() + RESEND_PAUSE_MS > flush.deadline) {
          finish(flush, () => (unknown ? UNKNOWN : { kind: "retry", code: full ? "backlog-full" : "storage-unavailable" }));
          return false;
        }
        await sleep(RESEND_PAUSE_MS);
      }
    }
  };

  // Behind a half-open link the kernel takes minutes to notice: a connection that owes a reply for too long is cut instead.
  const waiting = new Map<Flush, string>();
  const cutWhatHangs = (): void => {
    if (redis.status !== "ready") return;
    const late = [...waiting].filter(([{ sentAt }]) => Date.now() - sentAt > REPLY_TIMEOUT_MS);
    // Of a cluster the node that is silent, and no other.
    for (const server of new Set(late.map(([, stream]) => ownerOf(redis, stream)))) server.disconnect(true);
  };
  const watching = every(500, cutWhatHangs, { onError: unlessOutage("stream") });

  const lanes = Array.from({ length: options.partitions }, (_, p) => createLane((flush) => send(keys.partition(p), flush), timeoutMs));

  return {
    append(events) {
      if (events.length === 0) return Promise.resolve();
      pendingEvents += events.length;
      return new Promise((done) => {
        const waiter: Waiter = { left: events.length, done };
        for (const event of events) (lanes[event.partition] as Lane).add(event, waiter);
      });
    },
    pending: () => pendingEvents,
    close: watching.close,
    drain: () => (pendingEvents === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
  };
}

const NONE = Buffer.alloc(0);
const ACCEPTED: AppendOutcome = { kind: "accepted" };
const UNKNOWN: AppendOutcome = { kind: "retry", code: "outcome-unknown" };

interface Lane {
  add(event: Appendable, waiter: Waiter): void;
}

/** The queue of one partition: gathers events into flushes and keeps a few under way. */
function createLane(send: (flush: Flush) => Promise<boolean>, timeoutMs: number): Lane {
  const ready: Flush[] = [];
  const spare: Flush[] = [];
  let open: Flush | undefined;
  let inFlight = 0;
  let scheduled = false;

  const pump = (): void => {
    scheduled = false;
    while (inFlight < FLUSHES_IN_FLIGHT) {
      const flush = ready.shift() ?? open;
      if (!flush) return;
      if (flush === open) open = undefined;
      inFlight++;
      // The next flush waits for the reply to this one only when several are under way; order per identity is Redis's.
      void send(flush).then((answered) => {
        inFlight--;
        // Without an answer the buffers may still be on their way into a socket.
        if (answered && spare.length < MOST_SPARE) spare.push(flush);
        schedule();
      });
    }
  };
  const schedule = (): void => {
    if (scheduled || inFlight >= FLUSHES_IN_FLIGHT || (!open && ready.length === 0)) return;
    scheduled = true;
    setImmediate(pump);
  };

  return {
    add(event, waiter) {
      // The same identity twice in one flush would be appended twice: the second one goes into the next and meets the first there.
      if (open && !fits(open, event)) {
        ready.push(open);
        open = undefined;
      }
      open ??= renew(spare.pop() ?? newFlush(), Date.now() + timeoutMs);
      addToFlush(open, event, waiter);
      schedule();
    },
  };
}

/** Redis's own "no" (or a command that never left this process), after which nothing was written; undefined when there was no answer. */
function refusalCode(error: Error): ProblemCode | undefined {
  if (error.message.includes("enableOfflineQueue")) return "storage-unavailable";
  if (error.name !== "ReplyError") return undefined;
  return /\bOOM\b/.test(error.message) ? "backlog-full" : "storage-unavailable";
}
