import { Buffer } from "node:buffer";
import type { ItemResult, ProblemCode, StreamSummary } from "@streamforge/shared";
import { type Slice, trimmed } from "./decode/slices.js";
import { type Ingest, type IngestScope, type Item, itemResult, outcomeOf } from "./ingest.js";

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
  now: () => number;
  isStopping: () => boolean;
}

/** The summary, and what ended the stream before its end, if anything did. */
export interface StreamEnd {
  summary: StreamSummary & { resultsOmitted?: number };
  problem?: { code: ProblemCode; detail: string };
}

/** Items are appended in groups of so many (or so many bytes), a few groups at a time: that bounds the memory of a stream of any length. */
const GROUP_ITEMS = 500;
const GROUP_BYTES = 256 * 1024;
const GROUPS_IN_FLIGHT = 4;
/** A summary lists at most so many items; the counts go on. */
const MOST_RESULTS = 10_000;
const NEWLINE = 0x0a;

/** A group of lines under way. */
interface Group {
  items: Item[];
  /** Where its last line ends. */
  endOffset: number;
  /** Where each item begins. */
  starts: number[];
  done: Promise<void>;
}

/**
 * Takes in NDJSON of any length, with backpressure: it reads on only when earlier groups are decided. The first item whose
 * outcome is not known ends the stream, and the summary's offset is where that item begins: resume there.
 */
export async function ingestStream(chunks: AsyncIterable<Buffer>, options: StreamOptions): Promise<StreamEnd> {
  const { ingest, limits, offset } = options;
  const tally = createTally(options.allResults, offset);
  const groups: Group[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let restOffset = offset;
  let index = 0;
  let problem: StreamEnd["problem"];

  const launch = async (body: Buffer, slices: Slice[], bodyOffset: number, endOffset: number): Promise<void> => {
    await options.pace(slices.length);
    const scope = { ...options.scope, receivedAtMs: options.now() };
    const items = ingest.receive(body, slices, scope, (_, slice) => bodyOffset + slice.start);
    for (const item of items) item.index = index++;
    const group: Group = { items, endOffset, starts: slices.map((slice) => bodyOffset + slice.start), done: ingest.append(items) };
    groups.push(group);
    while (groups.length >= GROUPS_IN_FLIGHT) await settleFirst();
  };
  const settleFirst = async (): Promise<void> => {
    const group = groups.shift() as Group;
    await group.done;
    tally.add(group);
  };

  try {
    for await (const chunk of chunks) {
      if (restOffset + rest.length + chunk.length > limits.maxBytes) {
        problem = {
          code: "batch-too-large",
          detail: `The stream is longer than ${limits.maxBytes} bytes; what came before that is taken.`,
        };
        break;
      }
      const body = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      while (from < body.length) {
        const { slices, end } = takeLines(body, from, restOffset === 0);
        if (slices.length > 0) await launch(body, slices, restOffset, restOffset + end);
        else tally.skipTo(restOffset + end, groups.length === 0);
        if (end === from) break;
        from = end;
      }
      rest = body.subarray(from);
      restOffset += from;
      if (rest.length > limits.maxEventBytes * 4 + 65_536) {
        problem = {
          code: "event-too-large",
          detail: `The line at byte ${restOffset} is longer than any event may be (${limits.maxEventBytes} bytes).`,
        };
        break;
      }
      if (tally.stopped()) break;
      if (options.isStopping()) {
        problem = { code: "shutting-down", detail: "This server is shutting down; resume at the offset." };
        break;
      }
    }
    if (!problem && !tally.stopped()) {
      const last = trimmed(rest, 0, rest.length);
      if (last) await launch(rest, [last], restOffset, restOffset + rest.length);
      else tally.skipTo(restOffset + rest.length, groups.length === 0);
    }
  } finally {
    // Also when the upload broke off: what was given to the appender is on its way, and its buffers are still read.
    while (groups.length > 0) await settleFirst();
  }
  return { summary: tally.summary(), ...(problem ? { problem } : {}) };
}

/** Whole lines from `from` on, up to a group's worth; `end` is behind the last one's newline. */
function takeLines(body: Buffer, from: number, mayHaveMark: boolean): { slices: Slice[]; end: number } {
  const slices: Slice[] = [];
  let end = from;
  while (slices.length < GROUP_ITEMS && end - from < GROUP_BYTES) {
    const newline = body.indexOf(NEWLINE, end);
    if (newline < 0) break;
    const mark = mayHaveMark && end === 0 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
    const slice = trimmed(body, end + mark, newline);
    if (slice) slices.push(slice);
    end = newline + 1;
  }
  return { slices, end };
}

function createTally(allResults: boolean, startOffset: number) {
  const counts = { accepted: 0, duplicate: 0, conflict: 0, rejected: 0, retry: 0 };
  const results: ItemResult[] = [];
  let omitted = 0;
  let offset = startOffset;
  let undecidedAt: number | undefined;

  return {
    add(group: Group) {
      group.items.forEach((item, i) => {
        const outcome = outcomeOf(item);
        counts[outcome.status]++;
        if (outcome.status === "retry") undecidedAt = Math.min(undecidedAt ?? Number.POSITIVE_INFINITY, group.starts[i] as number);
        if (!allResults && (outcome.status === "accepted" || outcome.status === "duplicate")) return;
        if (results.length < MOST_RESULTS) results.push(itemResult(item, outcome));
        else omitted++;
      });
      offset = group.endOffset;
    },
    /** Blank lines are decided when nothing before them is under way. */
    skipTo(end: number, nothingUnderWay: boolean) {
      if (nothingUnderWay) offset = Math.max(offset, end);
    },
    stopped: () => undecidedAt !== undefined,
    summary(): StreamEnd["summary"] {
      const { accepted, duplicate, conflict, rejected, retry } = counts;
      const summary = { accepted, duplicates: duplicate, conflicts: conflict, rejected, retry, results, offset: undecidedAt ?? offset };
      return omitted > 0 ? { ...summary, resultsOmitted: omitted } : summary;
    },
  };
}
