import type { Buffer } from "node:buffer";
import type { EventFormat, ProblemCode } from "@streamforge/shared";
import type { Place, Places } from "../../lib/json-fault.js";

/** Where an item stands in a body: from its first byte to behind its last one. */
export interface Slice {
  start: number;
  end: number;
}

/** The body as a whole cannot be read. */
export class MalformedBody extends Error {
  constructor(
    message: string,
    /** Where that became clear; undefined when it is so everywhere. */
    readonly place?: Place,
    readonly code: ProblemCode = "invalid-json",
  ) {
    super(message);
  }
}

/** A malformed body as a sentence: where it stops being what it should be, and why. */
export function faultOf({ place, message }: MalformedBody): string {
  if (!place) return `${message}.`;
  return `Line ${place.line}, column ${place.column}${place.byte === undefined ? "" : ` (byte ${place.byte})`}: ${message}.`;
}

/** A body that was taken apart. */
export interface SplitBody {
  /** What the slices are of: the body itself, in UTF-8. */
  bytes: Buffer;
  slices: Slice[];
  /** It is one event and is answered as one; else it is a list, be it of one. */
  single: boolean;
  /** A bad item is named by its line. */
  lines: boolean;
  /** Names an item among those of one idempotency key; 0: the key itself does. */
  position: (index: number, slice: Slice) => number;
}

/** What a text says, whatever its format: as an object, and as JSON text in which numbers stand as they were sent. */
export interface ReadText {
  value: Record<string, unknown>;
  json: string;
}

/** Items of a stream that are whole, in one buffer: up to `GROUP_ITEMS`, or `GROUP_BYTES`. */
export interface Piece {
  bytes: Buffer;
  slices: Slice[];
  /** Where each item begins in the stream as it was sent, in (inflated) bytes. */
  starts: number[];
  /** A stream that breaks off can be resumed here when these items are decided. */
  end: number;
  /** For the places of bad items. */
  places: Places;
}

/** Items are appended in groups of this many (or this many bytes): that bounds the memory of a stream of any length. */
export const GROUP_ITEMS = 500;
export const GROUP_BYTES = 256 * 1024;

/** Takes a stream apart as it arrives, in bounded memory. */
export interface StreamSplitter {
  /** What is whole with this chunk. To be read to its end before the next chunk is added. @throws MalformedBody */
  add(chunk: Buffer): Iterable<Piece>;
  /** What is whole with the end of the stream. @throws MalformedBody */
  last(): Iterable<Piece>;
  /** Bytes of the stream that were added, those before a resumption included. */
  endOffset(): number;
  /** Bytes kept until their item is whole. */
  heldBytes(): number;
}

export interface StreamStart {
  /** Bytes that earlier requests have brought in. */
  offset: number;
  /** Of an item that is longer only the head is kept: enough to reject it. */
  maxEventBytes: number;
  /** The `charset` of the media type, in lower case. */
  charset: string | undefined;
}

/** How bodies of one media type are read. What an item is made of, `readItem` says, by its format. */
export interface Decoder {
  format: EventFormat;
  /**
   * Takes a body apart.
   * @param maxItems one more is enough to know that there are too many
   * @throws MalformedBody
   */
  split(body: Buffer, maxItems: number, charset: string | undefined): SplitBody;
  /** The same of a large body, with turns for others in between. Absent: `split` is quick enough for the largest. */
  splitInTurns?(body: Buffer, maxItems: number, charset: string | undefined): Promise<SplitBody>;
  /** Absent: bodies of this type do not stream. */
  stream?(start: StreamStart): StreamSplitter;
}
