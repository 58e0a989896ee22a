import { Buffer } from "node:buffer";
import { placesIn } from "../../lib/json-fault.js";
import { type Decoder, GROUP_BYTES, GROUP_ITEMS, type Piece, type Slice, type StreamSplitter, type StreamStart } from "./decoder.js";
import { splitLines, trimmed } from "./slices.js";

/** One event a line. */
export const ndjsonDecoder: Decoder = {
  format: "json",
  split: (body, maxItems) => ({
    bytes: body,
    slices: splitLines(body, maxItems),
    single: false,
    lines: true,
    position: (_, slice) => slice.start,
  }),
  stream: splitStream,
};

/** White space that a line may have around its event. */
const LINE_SLACK_BYTES = 64 * 1024;
/** Beyond this many the pieces of a line weigh more than the line. */
const MOST_PIECES = 4096;
const NEWLINE = 0x0a;

function splitStream({ offset, maxEventBytes }: StreamStart): StreamSplitter {
  const rest = createRest(offset, maxEventBytes + LINE_SLACK_BYTES);
  /** Lines before those that come next. */
  let line = 1;

  const pieceOf = (lines: Lines, slices: Slice[], from: number, to: number): Piece => ({
    bytes: lines.body,
    slices,
    starts: slices.map((slice) => lines.offset + slice.start),
    end: lines.overlong ? lines.end : lines.offset + to,
    places: placesIn(lines.body, { offset: from, line, byte: lines.offset + from }),
  });
  function* whole(lines: Lines): Generator<Piece> {
    const { body } = lines;
    if (lines.overlong) {
      yield pieceOf(lines, [{ start: 0, end: body.length }], 0, body.length);
      line++;
      return;
    }
    for (let from = 0; from < body.length; ) {
      const taken = takeLines(body, from, lines.offset === 0);
      yield pieceOf(lines, taken.slices, from, taken.end);
      from = taken.end;
      line += taken.lines;
    }
  }

  return {
    endOffset: rest.endOffset,
    heldBytes: rest.heldBytes,
    *add(chunk) {
      for (const lines of rest.add(chunk)) yield* whole(lines);
    },
    *last() {
      const lines = rest.last();
      const { body } = lines;
      // The last line may do without its newline.
      const last = lines.overlong ? { start: 0, end: body.length } : trimmed(body, 0, body.length, lines.offset === 0);
      yield pieceOf(lines, last ? [last] : [], 0, body.length);
    },
  };
}

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
