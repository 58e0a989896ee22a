import type { Buffer } from "node:buffer";
import type { ItemResult, ProblemCode, StreamSummary } from "@streamforge/shared";
import { faultOf, MalformedBody, type Piece, type StreamSplitter } from "./decode/decoder.js";
import { type Ingest, type IngestScope, type Item, type ItemOutcome, itemResult, outcomeOf } from "./ingest.js";

export interface StreamOptions {
  ingest: Ingest;
  scope: IngestScope;
  /** Takes the stream apart. */
  splitter: StreamSplitter;
  /** Most bytes of the whole stream, those before a resumption included. */
  maxBytes: number;
  /** Lists accepted and duplicate items too. */
  allResults: boolean;
  /** Slows the stream down to its tenant's rate. */
  pace: (events: number) => Promise<void>;
  /** To be told how many bytes of the stream are in memory now. */
  holds: (bytes: number) => void;
  now: () => number;
  /** Why nothing more can be taken in now; undefined when it can. */
  refusal: () => ProblemCode | undefined;
  /**
   * Handed every item's result as soon as it and all before it are decided, in order; the summary then lists none. Resolves when more
   * may be decided: who reads results slowly slows the stream. Never rejects.
   */
  decided?: (results: DecidedItem[]) => Promise<void>;
}

/** The stream's body. */
export interface StreamBody extends AsyncIterable<Buffer> {
  /** Nothing more of it is wanted: ends the iteration, also while it waits for the next chunk. */
  leave(): void;
}

/** An item's result, and the offset to resume at when it is the last result that was seen. */
export type DecidedItem = ItemResult & { offset: number };

/** The summary, and what ended the stream before its end, if anything did. */
export interface StreamEnd {
  summary: StreamSummary & { resultsOmitted?: number };
  /** Items whose eventId is their identity, though the request has an idempotency key. */
  keysUnused: number;
  problem?: { code: ProblemCode; detail: string };
  /** What the chunks failed with: too slow, broken off, not gzip. */
  failure?: unknown;
}

/** This many groups are appended at a time. */
const GROUPS_IN_FLIGHT = 4;
/** A summary lists at most this many items; the counts continue. */
const MOST_RESULTS = 10_000;
/** What one takes in memory, about: 20 KB of lines that are no events become 10,000 of them. */
const RESULT_BYTES = 400;

/** A group of items under way. */
interface Group {
  items: Item[];
  /** Where the stream can be resumed when they are decided. */
  endOffset: number;
  /** Where each item begins. */
  starts: number[];
  bytes: number;
  done: Promise<void>;
  /** Its results are counted and, where somebody wants them, handed on. */
  settled: Promise<void>;
}

/**
 * Takes in NDJSON of any length, with backpressure: it reads on only when earlier groups are decided. The first item whose
 * outcome is not known ends the stream, and the summary's offset is where that item begins: resume there. Never rejects: also
 * when the upload breaks off, what was taken is counted.
 */
export async function ingestStream(chunks: StreamBody, options: StreamOptions): Promise<StreamEnd> {
  const { ingest, splitter, maxBytes } = options;
  const tally = createTally(options, splitter.endOffset());
  const groups: Group[] = [];
  /** Of the newest group, and so of all. */
  let settled = Promise.resolve();
  let index = 0;
  let end: Omit<StreamEnd, "summary" | "keysUnused"> = {};

  const tellHeld = (): void => options.holds(groups.reduce((sum, { bytes }) => sum + bytes, splitter.heldBytes() + tally.heldBytes()));
  const launch = async ({ bytes, slices, starts, end: endOffset, places }: Piece): Promise<void> => {
    // What stands between items is decided when what comes before it is.
    if (slices.length === 0) return skip(endOffset);
    await options.pace(slices.length);
    const scope = { ...options.scope, lines: true, places, receivedAtMs: options.now() };
    const items = ingest.receive(bytes, slices, scope, (i) => starts[i] as number);
    for (const item of items) item.index = index++;
    const group = {
      items,
      endOffset,
      starts,
      bytes: Math.min(bytes.length, endOffset - (starts[0] as number)),
      done: ingest.append(items),
      settled,
    };
    groups.push(group);
    settled = group.settled = settled.then(() => settle(group));
    // Looked at below, at the end if not before.
    settled.catch(() => {});
    tellHeld();
    while (groups.length >= GROUPS_IN_FLIGHT) await (groups[0] as Group).settled;
  };
  /** In the order of the body, each as soon as it is decided: a producer may wait for the result of one line before it sends the next. */
  const settle = async (group: Group): Promise<void> => {
    await group.done;
    const results = tally.add(group);
    groups.shift();
    tellHeld();
    if (tally.stopped()) chunks.leave();
    await options.decided?.(results);
  };
  /** Blank lines and the like are decided when what stands before them is. */
  const skip = (to: number): void => {
    const last = groups.at(-1);
    if (last) last.endOffset = to;
    else tally.skipTo(to);
  };
  const takeAll = async (pieces: Iterable<Piece>): Promise<void> => {
    for (const piece of pieces) {
      await launch(piece);
      if (tally.stopped()) return;
    }
  };
  /** Takes what is whole with this chunk; why the stream must end here, if it must. */
  const take = async (chunk: Buffer): Promise<StreamEnd["problem"]> => {
    const refused = options.refusal();
    if (refused) return { code: refused, detail: "Nothing more can be taken in now; resume at the offset." };
    const room = maxBytes - splitter.endOffset();
    await takeAll(splitter.add(room < chunk.length ? chunk.subarray(0, Math.max(0, room)) : chunk));
    tellHeld();
    if (tally.stopped() || room >= chunk.length) return undefined;
    return { code: "batch-too-large", detail: `The stream is longer than ${maxBytes} bytes; what came before that is taken.` };
  };

  try {
    for await (const chunk of chunks) {
      const problem = await take(chunk);
      if (problem) end = { problem };
      if (problem || tally.stopped()) break;
    }
    if (!end.problem && !tally.stopped()) await takeAll(splitter.last());
  } catch (failure) {
    end = failure instanceof MalformedBody ? { problem: { code: failure.code, detail: faultOf(failure) } } : { failure };
  }
  // Also when the upload broke off: what was given to the appender is on its way, and its buffers are still read.
  await settled.catch((failure) => {
    end = { failure };
  });
  return { summary: tally.summary(), keysUnused: tally.keysUnused(), ...end };
}

function createTally({ allResults, decided }: Pick<StreamOptions, "allResults" | "decided">, startOffset: number) {
  const counts = { accepted: 0, duplicate: 0, conflict: 0, rejected: 0, retry: 0 };
  const results: ItemResult[] = [];
  let omitted = 0;
  let keysUnused = 0;
  let offset = startOffset;
  let undecidedAt: number | undefined;

  const keep = (item: Item, outcome: ItemOutcome): void => {
    if (!allResults && (outcome.status === "accepted" || outcome.status === "duplicate")) return;
    if (results.length < MOST_RESULTS) results.push(itemResult(item, outcome));
    else omitted++;
  };

  return {
    /** @returns the results, when somebody wants them as they come */
    add({ items, starts, endOffset }: Group): DecidedItem[] {
      const handedOn: DecidedItem[] = [];
      items.forEach((item, i) => {
        const outcome = outcomeOf(item);
        counts[outcome.status]++;
        if (item.keyUnused) keysUnused++;
        if (outcome.status === "retry") undecidedAt ??= starts[i] as number;
        if (decided) handedOn.push({ ...itemResult(item, outcome), offset: undecidedAt ?? starts[i + 1] ?? endOffset });
        else keep(item, outcome);
      });
      offset = endOffset;
      return handedOn;
    },
    skipTo(end: number) {
      offset = end;
    },
    stopped: () => undecidedAt !== undefined,
    heldBytes: () => results.length * RESULT_BYTES,
    keysUnused: () => keysUnused,
    summary(): StreamEnd["summary"] {
      const { accepted, duplicate, conflict, rejected, retry } = counts;
      const summary = { accepted, duplicates: duplicate, conflicts: conflict, rejected, retry, results, offset: undecidedAt ?? offset };
      return omitted > 0 ? { ...summary, resultsOmitted: omitted } : summary;
    },
  };
}
