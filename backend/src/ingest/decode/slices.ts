import type { Buffer } from "node:buffer";
import type { Slice } from "./decoder.js";

/** The array does not end where the body does. `at` is the byte where that became clear. */
export class BrokenArray extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NEWLINE = 0x0a;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Offset behind the byte order mark, when the body begins with one. */
function skipMark(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

/** Offset of the first byte that is neither white space nor a byte order mark. */
export function skipSpace(body: Buffer, from: number): number {
  let at = from === 0 ? skipMark(body) : from;
  while (at < body.length && isSpace(body[at])) at++;
  return at;
}

/**
 * Finds the items of a JSON array without parsing them, so that each keeps its exact text and a broken one does not take its
 * neighbours with it. Brackets and strings decide where an item ends; whether it is JSON is found when it is parsed.
 * @param body begins with `[` after white space
 * @param maxItems one more is enough to know that there are too many
 * @throws BrokenArray when the array does not end or something follows it
 */
export function splitArray(body: Buffer, maxItems: number): Slice[] {
  const slices: Slice[] = [];
  let at = skipSpace(body, skipSpace(body, 0) + 1);
  if (body[at] === CLOSE_ARRAY) return endOfArray(body, at, slices);
  for (;;) {
    const start = skipSpace(body, at);
    at = endOfValue(body, start);
    let end = at;
    while (end > start && isSpace(body[end - 1])) end--;
    slices.push({ start, end });
    if (slices.length > maxItems) return slices;
    if (at >= body.length)
      throw new BrokenArray("the body ends, and the array is not closed: it was cut off, or a quote or bracket is not closed before", at);
    if (body[at] === CLOSE_ARRAY) return endOfArray(body, at, slices);
    at++;
  }
}

function endOfArray(body: Buffer, at: number, slices: Slice[]): Slice[] {
  const behind = skipSpace(body, at + 1);
  if (behind < body.length)
    throw new BrokenArray(
      `found ${body.toString("utf8", behind, behind + 1)} behind the end of the array: send one array, or NDJSON as application/x-ndjson`,
      behind,
    );
  return slices;
}

/** Offset of the comma or bracket that ends the value; the body's length when there is none. */
function endOfValue(body: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      at++;
      while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++;
    } else if (byte === CLOSE_ARRAY) {
      if (depth === 0) return at;
      depth--;
    } else if (byte === CLOSE_OBJECT) {
      // A brace too many belongs to the broken item; taken for its end it would make two good ones of it.
      if (depth > 0) depth--;
    } else if (byte === COMMA && depth === 0) {
      return at;
    }
  }
  return body.length;
}

/**
 * Finds the lines of an NDJSON body that are not blank.
 * @param maxItems one more is enough to know that there are too many
 */
export function splitLines(body: Buffer, maxItems: number): Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  while (from < body.length && slices.length <= maxItems) {
    let newline = body.indexOf(NEWLINE, from);
    if (newline < 0) newline = body.length;
    const slice = trimmed(body, from, newline);
    if (slice) slices.push(slice);
    from = newline + 1;
  }
  return slices;
}

/**
 * The part without white space around it; undefined when it is blank.
 * @param isStart whether the text begins here, and a byte order mark may stand before it
 */
export function trimmed(body: Buffer, from: number, to: number, isStart = from === 0): Slice | undefined {
  let start = isStart ? Math.min(from + skipMark(body), to) : from;
  let end = to;
  while (start < end && isSpace(body[start])) start++;
  while (end > start && isSpace(body[end - 1])) end--;
  return end > start ? { start, end } : undefined;
}
