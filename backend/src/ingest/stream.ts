import { Buffer } from "node:buffer";
import type { ItemResult, ProblemCode, StreamSummary } from "@streamforge/shared";
import { placesIn } from "../lib/json-fault.js";
import { type Slice, trimmed } from "./decode/slices.js";
import { type Ingest, type IngestScope, type Item, type ItemOutcome, itemResult, outcomeOf } from "./ingest.js";

export interface StreamLimits {
  maxEventBytes: number;
  /** Most bytes of the whole stream, those before a resumption included. */
  maxBytes: number;
}

export interface StreamOptions {
  ingest: Ingest;
  scope: IngestScope;
  limits: StreamLimits;
  /** Decoded bytes that earlier requests have brought in (`X-Stream-Offset`). */
  offset: number;
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

/** Items are appended in groups of so many (or so many bytes), a few groups at a time: that bounds the memory of a stream of any length. */
const GROUP_ITEMS = 500;
const GROUP_BYTES = 256 * 1024;
const GROUPS_IN_FLIGHT = 4;
/** A summary lists at most so many items; the counts go on. */
const MOST_RESULTS = 10_000;
/** What one takes in memory, about: 20 KB of lines that are no events become 10,000 of them. */
const RESULT_BYTES = 400;
const NEWLINE = 0x0a;

/** A group of lines under way. */
interface Group {
  items: Item[];
  /** Where its last line ends. */
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
  const { ingest, limits, offset } = options;
  const tally = createTally(options, offset);
  const groups: Group[] = [];
  /** Of the newest group, and so of all. */
  let settled = Promise.resolve();
  const rest = createRest(offset, limits.maxEventBytes + LINE_SLACK_BYTES);
  let index = 0;
  /** Lines before those that come next. */
  let line = 1;
  let end: Omit<StreamEnd, "summary" | "keysUnused"> = {};

  const tellHeld = (): void => options.holds(groups.reduce((sum, { bytes }) => sum + bytes, rest.heldBytes() + tally.heldBytes()));
  const launch = async (body: Buffer, slices: Slice[], bodyOffset: number, endOffset: number, from = 0): Promise<void> => {
    await options.pace(slices.length);
    const places = placesIn(body, { offset: from, line, byte: bodyOffset + from });
    const scope = { ...options.scope, lines: true, places, receivedAtMs: options.now() };
    const items = ingest.receive(body, slices, scope, (_, slice) => bodyOffset + slice.start);
    for (const item of items) item.index = index++;
    const starts = slices.map((slice) => bodyOffset + slice.start);
    const group = { items, endOffset, starts, bytes: endOffset - (starts[0] as number), done: ingest.append(items), settled };
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
  /** Blank lines are decided when what stands before them is. */
  const skip = (to: number): void => {
    const last = groups.at(-1);
    if (last) last.endOffset = to;
    else tally.skipTo(to);
  };
  const takeAll = async (body: Buffer, bodyOffset: number): Promise<void> => {
    for (let from = 0; from < body.length; ) {
      const { slices, lines, end: to } = takeLines(body, from, bodyOffset === 0);
      if (slices.length > 0) await launch(body, slices, bodyOffset, bodyOffset + to, from);
      else skip(bodyOffset + to);
      from = to;
      line += lines;
      if (tally.stopped()) return;
    }
  };
  const tooLong = {
    code: "batch-too-large",
    detail: `The stream is longer than ${limits.maxBytes} bytes; what came before that is taken.`,
  } as const;
  /** Takes what is whole with this chunk; why the stream must end here, if it must. */
  const take = async (chunk: Buffer): Promise<StreamEnd["problem"]> => {
    const refused = options.refusal();
    if (refused) return { code: refused, detail: "Nothing more can be taken in now; resume at the offset." };
    const room = limits.maxBytes - rest.endOffset();
    for (const lines of rest.add(room < chunk.length ? chunk.subarray(0, Math.max(0, room)) : chunk)) {
      if (lines.overlong) {
        await launch(lines.body, [{ start: 0, end: lines.body.length }], lines.offset, lines.end);
        line++;
      } else await takeAll(lines.body, lines.offset);
      if (tally.stopped()) return undefined;
    }
    tellHeld();
    return room < chunk.length ? tooLong : undefined;
  };

  try {
    for await (const chunk of chunks) {
      const problem = await take(chunk);
      if (problem) end = { problem };
      if (problem || tally.stopped()) break;
    }
    if (!end.problem && !tally.stopped()) {
      const { body, offset: from, end: to, overlong } = rest.last();
      // The last line may do without its newline.
      const last = overlong ? { start: 0, end: body.length } : trimmed(body, 0, body.length, from === 0);
      if (last) await launch(body, [last], from, to);
      else skip(to);
    }
  } catch (failure) {
    end = { failure };
  }
  // Also when the upload broke off: what was given to the appender is on its way, and its buffers are still read.
  await settled.catch((failure) => {
    end = { failure };
  });
  return { summary: tally.summary(), keysUnused: tally.keysUnused(), ...end };
}

/** White space that a line may have around its event. */
const LINE_SLACK_BYTES = 64 * 1024;
/** Beyond so many the pieces of a line weigh more than the line. */
const MOST_PIECES = 4096;

/** Whole lines, or the head of one that is longer than any event may be. */
interface Lines {
  body: Buffer;
  /** Where they begin and end in the stream. */
  offset: number;
  end: number;
  overlong: boolean;
}

/**
 * What has come of a line that is not whole yet. Its pieces are put together once, when its newline is there: done with every
 * chunk, a line of 300 KB in 1-byte chunks would be copied 300,000 times. Of a line longer than `mostBytes` only the head is
 * kept, so that it can be rejected like any other item, and its neighbours are taken.
 */
function createRest(startOffset: number, mostBytes: number) {
  let pieces: Buffer[] = [];
  let length = 0;
  let offset = startOffset;

  const keep = (piece: Buffer): void => {
    if (length <= mostBytes && piece.length > 0) pieces.push(piece);
    if (pieces.length > MOST_PIECES) pieces = [Buffer.concat(pieces)];
    length += piece.length;
  };
  /** Everything up to and with `tail`. */
  const cut = (tail: Buffer, overlong: boolean): Lines => {
    const whole = overlong ? pieces : [...pieces, tail];
    const body = whole.length === 1 ? (whole[0] as Buffer) : Buffer.concat(whole);
    const lines = { body, offset, end: offset + length + tail.length, overlong };
    offset = lines.end;
    pieces = [];
    length = 0;
    return lines;
  };

  return {
    endOffset: () => offset + length,
    heldBytes: () => Math.min(length, mostBytes),
    /** @returns what is whole with this chunk */
    add(chunk: Buffer): Lines[] {
      const found: Lines[] = [];
      let from = 0;
      if (length > mostBytes) {
        from = chunk.indexOf(NEWLINE) + 1;
        if (from > 0) found.push(cut(chunk.subarray(0, from), true));
      }
      const to = chunk.lastIndexOf(NEWLINE) + 1;
      if (to > from) found.push(cut(chunk.subarray(from, to), false));
      keep(chunk.subarray(to));
      return found;
    },
    /** What stands behind the last newline. */
    last: () => cut(Buffer.alloc(0), length > mostBytes),
  };
}

/** Lines from `from` on, up to a group's worth; `end` is behind the last one's newline. */
function takeLines(body: Buffer, from: number, isStart: boolean): { slices: Slice[]; lines: number; end: number } {
  const slices: Slice[] = [];
  let lines = 0;
  let end = from;
  while (end < body.length && slices.length < GROUP_ITEMS && end - from < GROUP_BYTES) {
    const newline = body.indexOf(NEWLINE, end);
    const slice = trimmed(body, end, newline, isStart && end === 0);
    if (slice) slices.push(slice);
    end = newline + 1;
    lines++;
  }
  return { slices, lines, end };
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
