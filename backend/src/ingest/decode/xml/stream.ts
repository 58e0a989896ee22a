import { Buffer } from "node:buffer";
import { type Place, placesIn } from "../../../lib/json-fault.js";
import { GROUP_BYTES, GROUP_ITEMS, MalformedBody, type Piece, type Slice, type StreamSplitter, type StreamStart } from "../decoder.js";
import { ENCODING_BYTES, encodingOf, type XmlEncoding } from "./encoding.js";
import type { ScanFault } from "./fault.js";
import { createXmlScanner } from "./scanner.js";

const NONE = Buffer.alloc(0);
const NEWLINE = 0x0a;
/** With more pieces than this, the pieces of an event weigh more than the event. */
const MOST_PIECES = 4096;

/** A place that moves on with the bytes that are passed: in the document, and in the stream as it was sent. */
interface Cursor {
  /** Offset in the document's UTF-8. */
  at: number;
  /** Offset in the stream. */
  sent: number;
  line: number;
  column: number;
}

/**
 * Takes a document of any length apart as it arrives. What is held are the bytes from the event or tag on that is not whole yet; of
 * one that is longer than any event may be only the head, which is enough to reject it.
 */
export function splitXmlStream({ offset, maxEventBytes, charset }: StreamStart): StreamSplitter {
  const scanner = createXmlScanner(offset > 0);
  let encoding: XmlEncoding | undefined;
  /** The first bytes, until they tell the encoding. */
  let head = NONE;
  let received = offset;
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Where what is held begins. */
  let cursor: Cursor = { at: 0, sent: offset, line: 1, column: 0 };
  /** Behind what came and was not kept; undefined: all from the cursor on is held. */
  let dropped: Cursor | undefined;
  /** Up to where the stream was handed on. */
  let handedOn = offset;

  const passed = ({ at, sent, line, column }: Cursor, bytes: Buffer): Cursor => {
    let from = 0;
    let lines = 0;
    for (let next = bytes.indexOf(NEWLINE); next >= 0; next = bytes.indexOf(NEWLINE, from)) {
      from = next + 1;
      lines++;
    }
    const { column: columns } = placesIn(bytes.subarray(from), { offset: 0, line: 1, byte: 1 }).at(bytes.length - from);
    return {
      at: at + bytes.length,
      sent: sent + (encoding as XmlEncoding).sentBytes(bytes),
      line: line + lines,
      column: lines > 0 ? columns : column + columns,
    };
  };
  const placesFrom = (bytes: Buffer) =>
    placesIn(bytes, { offset: 0, line: cursor.line, column: cursor.column, byte: encoding?.isUtf8 ? cursor.sent : undefined });
  const malformed = ({ message, at, code }: ScanFault, bytes: Buffer): MalformedBody => {
    const place: Place = placesFrom(bytes).at(Math.min(bytes.length, Math.max(0, at - cursor.at)));
    return new MalformedBody(message, { ...place, column: place.column + 1 }, code ?? "invalid-xml");
  };
  const keep = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    if (dropped) {
      dropped = passed(dropped, bytes);
      return;
    }
    held.push(bytes);
    heldBytes += bytes.length;
    if (held.length > MOST_PIECES || heldBytes > maxEventBytes) held = [Buffer.concat(held)];
    if (heldBytes <= maxEventBytes) return;
    const all = held[0] as Buffer;
    const most = maxEventBytes + 1;
    dropped = passed(cursor, all);
    held = [Buffer.from(all.subarray(0, most))];
    heldBytes = most;
  };

  /** The head of an event that was not kept whole, when it ends in this chunk. @returns what stands behind it */
  function* behindDropped(chunk: Buffer, found: Slice[]): Generator<Piece, Buffer | undefined> {
    const reached = dropped as Cursor;
    const isEvent = found[0]?.start === cursor.at;
    const endsAt = isEvent ? (found.shift() as Slice).end : Math.max(reached.at, found[0]?.start ?? scanner.neededFrom());
    if (!isEvent && scanner.neededFrom() === cursor.at) {
      keep(chunk);
      return undefined;
    }
    const length = endsAt - reached.at;
    const bytes = held[0] as Buffer;
    const piece = { bytes, slices: [{ start: 0, end: bytes.length }], starts: [cursor.sent], places: placesFrom(bytes) };
    cursor = passed(reached, chunk.subarray(0, length));
    [held, heldBytes, dropped] = [[], 0, undefined];
    if (isEvent) {
      handedOn = cursor.sent;
      yield { ...piece, end: handedOn };
    }
    return chunk.subarray(length);
  }

  /** The events that are whole, in groups. @param bytes from the cursor on */
  function* groups(bytes: Buffer, found: readonly Slice[]): Generator<Piece> {
    const origin = cursor.at;
    for (let n = 0; n < found.length; ) {
      const from = cursor.at;
      let to = from;
      const slices: Slice[] = [];
      while (n < found.length && slices.length < GROUP_ITEMS && (to - from < GROUP_BYTES || slices.length === 0)) {
        const { start, end } = found[n++] as Slice;
        slices.push({ start: start - from, end: end - from });
        to = end;
      }
      const part = bytes.subarray(from - origin, to - origin);
      const places = placesFrom(part);
      let sent = cursor.sent;
      let upTo = 0;
      const starts = slices.map(({ start }) => {
        sent += (encoding as XmlEncoding).sentBytes(part.subarray(upTo, start));
        upTo = start;
        return sent;
      });
      cursor = passed(cursor, part);
      handedOn = cursor.sent;
      yield { bytes: part, slices, starts, end: handedOn, places };
    }
  }

  function* take(chunk: Buffer): Generator<Piece> {
    const found: Slice[] = [];
    const fault = scanner.scan(chunk, found, Number.POSITIVE_INFINITY);
    const rest = dropped ? yield* behindDropped(chunk, found) : chunk;
    if (rest === undefined) return;
    if (found.length === 0 && !fault && scanner.neededFrom() === cursor.at && !dropped && heldBytes > 0) return keep(rest);
    const bytes = held.length === 0 ? rest : Buffer.concat([...held, rest]);
    [held, heldBytes] = [[], 0];
    const origin = cursor.at;
    yield* groups(bytes, found);
    if (fault) throw malformed(fault, bytes.subarray(cursor.at - origin));
    const safe = Math.min(scanner.safeOffset(), origin + bytes.length);
    if (safe > cursor.at) cursor = passed(cursor, bytes.subarray(cursor.at - origin, safe - origin));
    if (safe > 0 && safe === cursor.at && cursor.sent > handedOn) {
      handedOn = cursor.sent;
      yield { bytes: NONE, slices: [], starts: [], end: handedOn, places: placesFrom(NONE) };
    }
    const needed = scanner.neededFrom();
    if (needed > cursor.at) cursor = passed(cursor, bytes.subarray(cursor.at - origin, needed - origin));
    keep(bytes.subarray(cursor.at - origin));
  }

  function* decoded(chunk: Buffer, isLast: boolean): Generator<Piece> {
    let bytes = chunk;
    if (!encoding) {
      head = Buffer.concat([head, chunk]);
      if (head.length < ENCODING_BYTES && !isLast) return;
      encoding = encodingOf(head, charset, offset > 0);
      bytes = head.subarray(encoding.markBytes);
      cursor.sent += encoding.markBytes;
      head = NONE;
    }
    yield* take(encoding.decode(bytes, isLast));
  }

  return {
    endOffset: () => received,
    heldBytes: () => heldBytes + head.length,
    *add(chunk) {
      received += chunk.length;
      yield* decoded(chunk, false);
    },
    *last() {
      yield* decoded(NONE, true);
      const fault = scanner.end();
      if (fault) throw malformed(fault, dropped ? NONE : Buffer.concat(held));
    },
  };
}
