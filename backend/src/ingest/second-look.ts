import type { Buffer } from "node:buffer";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { DedupeRecord, EventContext } from "../stream/record.js";
import { type Content, formOf, formOfSent, type SentEvent } from "./same-event.js";

/** Whether an event that came again in another spelling says the same as the first one. */
export type Verdict = "same" | "other" | "unread";

/** An item, as far as it is compared. */
interface Compared {
  text: Buffer;
  context: EventContext;
  receivedAtMs: number;
  partition: number;
  verdict: Verdict | undefined;
}

/** An item whose identity was there before, with another text. */
export type Doubt =
  /** The first one stands in the same request. */
  | { item: Compared; first: Compared; id?: undefined }
  /** It was accepted before: `id` is the event's (16 bytes, latin1). */
  | { item: Compared; first: DedupeRecord; id: string }
  /** It is stored. */
  | { item: Compared; first: undefined; id: string };

/** A first one that has to be read. Without `accepted` it is what is stored under the id, whatever text that had. */
export interface WantedFirst {
  id: string;
  partition: number;
  accepted: Pick<DedupeRecord, "hash" | "receipt" | "receivedAtMs"> | undefined;
}

/** What was found of it, and how many bytes that took. */
export type FoundFirst = { wanted: WantedFirst; content: Content; bytes: number };

export interface SecondLookDeps {
  /** Of what is decided: stored, or a dead letter. */
  decided(wanted: WantedFirst[], timeoutMs: number): AsyncIterable<FoundFirst>;
  /** Of what is on its way. */
  underway(wanted: WantedFirst[], deadlineMs: number): AsyncIterable<FoundFirst>;
  onError(error: Error): void;
}

/** Gives each item its verdict. Never rejects: what cannot be read is `unread`. */
export type SecondLook = (doubts: Doubt[]) => Promise<void>;

/** All of a request's comparisons take at most this long; the wait for the tenant's turn counts. */
const DEADLINE_MS = 3_000;
/** First ones are read up to here; those beyond stay unread. Ten times the largest events of a request that repeats some. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Asked for at once: documents come with their content, and one scan of the queue serves many. */
const SLICES = { decided: 200, underway: 2_000 };
/** Compared without letting others have their turn. */
const TURN_BYTES = 256 * 1024;
/** A first one that is nowhere is between two places: it is looked for again. */
const PAUSE_MS = 25;

/**
 * The slow path of identity: the texts of one identity differ, so their contents decide. A tenant's requests are compared one after
 * the other, each within a deadline and a number of bytes, so that 10,000 conflicts cost what a few do.
 */
export function createSecondLook(deps: SecondLookDeps): SecondLook {
  const tails = new Map<string, Promise<void>>();
  return async (doubts) => {
    const tenantId = (doubts[0] as Doubt).item.context.tenantId;
    const deadlineMs = performance.now() + DEADLINE_MS;
    const turn = (tails.get(tenantId) ?? Promise.resolve()).then(() => compare(deps, doubts, deadlineMs));
    tails.set(tenantId, turn);
    await turn;
    if (tails.get(tenantId) === turn) tails.delete(tenantId);
  };
}

async function compare(deps: SecondLookDeps, doubts: Doubt[], deadlineMs: number): Promise<void> {
  const breathe = createBreather();
  const open = new Map<string, { wanted: WantedFirst; items: Compared[] }>();
  for (const { item, first, id } of doubts) {
    item.verdict = "unread";
    if (id === undefined) {
      if (performance.now() < deadlineMs) item.verdict = verdictOf(formOfSent(sentOf(first)), item);
      await breathe(item.text.length + first.text.length);
      continue;
    }
    const key = `${id}${first?.hash.toString("latin1") ?? ""}`;
    const known = open.get(key);
    if (known) known.items.push(item);
    else open.set(key, { wanted: { id, partition: item.partition, accepted: first }, items: [item] });
  }

  let bytes = 0;
  const mayGoOn = () => open.size > 0 && bytes < MOST_BYTES && performance.now() < deadlineMs;
  const take = async (found: AsyncIterable<FoundFirst>): Promise<void> => {
    for await (const { wanted, content, bytes: read } of found) {
      const form = formOf(content);
      const key = `${wanted.id}${wanted.accepted?.hash.toString("latin1") ?? ""}`;
      for (const item of open.get(key)?.items ?? []) {
        if (performance.now() < deadlineMs) item.verdict = verdictOf(form, item);
        await breathe(item.text.length + read);
      }
      open.delete(key);
      bytes += read;
      if (!mayGoOn()) return;
    }
  };
  const sliceOf = (from: number, most: number) => [...open.values()].slice(from, from + most).map(({ wanted }) => wanted);

  let failure: Error | undefined;
  for (let round = 0; mayGoOn(); round++) {
    if (round > 0) await pause(PAUSE_MS);
    // Decided first: that is one question of the store. What is settled between the two looks is found in the next round.
    for (const place of ["decided", "underway"] as const) {
      for (let from = 0; mayGoOn() && from < open.size; ) {
        const before = open.size;
        const slice = sliceOf(from, SLICES[place]);
        const found = place === "decided" ? deps.decided(slice, deadlineMs - performance.now()) : deps.underway(slice, deadlineMs);
        const late = pause(deadlineMs - performance.now(), undefined, { ref: false });
        await Promise.race([take(found), late]).catch((error: Error) => {
          failure = error;
        });
        from += slice.length - (before - open.size);
      }
    }
  }
  if (failure && open.size > 0) deps.onError(failure);
}

function verdictOf(form: string | undefined, item: Compared): Verdict {
  return form !== undefined && form === formOfSent(sentOf(item)) ? "same" : "other";
}

function sentOf({ text, context, receivedAtMs }: Compared): SentEvent {
  return { text: text.toString("utf8"), format: context.format, keyName: context.keyName, defaultType: context.defaultType, receivedAtMs };
}

/** Bytes compared between two turns of the event loop. */
function createBreather(): (bytes: number) => Promise<void> | undefined {
  let since = 0;
  return (bytes) => {
    since += bytes;
    if (since < TURN_BYTES) return undefined;
    since = 0;
    return nextTurn();
  };
}
