import { Buffer, isUtf8 } from "node:buffer";
import {
  atEnd,
  type Bracket,
  behindTheEnd,
  endOf,
  escapeOf,
  type Next,
  named,
  noColon,
  noEscape,
  noKey,
  noNumber,
  notBehind,
  noValue,
  type SentAs,
} from "./json-fault-words.js";

/** Where a text stops being JSON, what stands there, and what to do about it. */
export interface JsonFault {
  /** Bytes before it. */
  offset: number;
  /** From 1; columns are characters. */
  line: number;
  column: number;
  /** Follows the place: `found ' (a single quote), where …; …`. */
  message: string;
}

/**
 * Finds out why `JSON.parse` refused a text. It reads the text once more, byte for byte by the grammar, so it is called only then.
 * @param bytes what was sent
 * @param sentAs what was sent: a body that is one value, one line of NDJSON, or an item of an array
 */
export function jsonFaultOf(bytes: Buffer, sentAs: SentAs = "item"): JsonFault {
  const other = otherFormat(bytes);
  if (other !== undefined) return { offset: 0, line: 1, column: 1, message: other };
  const text = bytes.toString("utf8");
  if (!isUtf8(bytes)) return placed(text, firstNoUtf8(bytes, text), (at) => noUtf8(bytes, text, at));
  const { at, message } = scan(text, sentAs);
  return placed(text, at, () => message);
}

/** A place in a body: its line (from 1), the characters before it in that line, the bytes before it (left out of UTF-16). */
export interface Place {
  line: number;
  column: number;
  byte: number | undefined;
}

/** The fault as it stands in an answer. @param start where the text begins, when it is a part of a body */
export function faultText({ offset, line, column, message }: JsonFault, start: Place = { line: 1, column: 0, byte: 0 }): string {
  const columns = line === 1 ? start.column + column : column;
  const byte = start.byte === undefined ? "" : ` (byte ${start.byte + offset})`;
  return `line ${start.line + line - 1}, column ${columns}${byte}: ${message}`;
}

/** Finds places in a body, each behind the one before: all of them together cost one reading. */
export interface Places {
  /** @param offset in the body's bytes, not before the last one that was asked for */
  at(offset: number): Place;
}

const NEWLINE = 0x0a;

/** @param from an offset in these bytes, and the line and byte of the whole body that begin there */
export function placesIn(body: Buffer, from: Partial<Place> & { offset: number; line: number } = { offset: 0, line: 1, byte: 0 }): Places {
  let { offset, line } = from;
  // Nobody sees the mark.
  let column = from.column ?? (from.byte === 0 && body[offset] === 0xef && body[offset + 1] === 0xbb && body[offset + 2] === 0xbf ? -1 : 0);
  return {
    at(to) {
      for (; offset < to; offset++) {
        const byte = body[offset] as number;
        if (byte === NEWLINE) [line, column] = [line + 1, 0];
        else if ((byte & 0xc0) !== 0x80) column++;
      }
      return { line, column, byte: from.byte === undefined ? undefined : from.byte + to - from.offset };
    },
  };
}

function placed(text: string, at: number, message: (at: number) => string): JsonFault {
  const bytes = Buffer.from(text.slice(0, at));
  const { line, column } = placesIn(bytes).at(bytes.length);
  return { offset: bytes.length, line, column: column + 1, message: message(at) };
}

// --- What is no text, or no UTF-8 ------------------------------------------------------------------------------------

const FORMATS: [magic: number[], message: string][] = [
  [[0x1f, 0x8b], "found 1f 8b, which is gzip; send Content-Encoding: gzip with it"],
  [[0x28, 0xb5, 0x2f, 0xfd], "found 28 b5 2f fd, which is zstd; send gzip, or no compression"],
  [[0x50, 0x4b, 0x03, 0x04], "found 50 4b, which is a ZIP file; send its content"],
  [[0xff, 0xfe], "found ff fe, which is UTF-16; send UTF-8"],
  [[0xfe, 0xff], "found fe ff, which is UTF-16; send UTF-8"],
];

/** What the first bytes are when they are no UTF-8 JSON at all. */
function otherFormat(bytes: Buffer): string | undefined {
  const found = FORMATS.find(([magic]) => magic.every((byte, i) => bytes[i] === byte));
  if (found) return found[1];
  // `{` or `[` as two bytes.
  if (bytes.length > 1 && bytes[0] === 0 && bytes[1] !== 0) return "found 00 before the first character, which is UTF-16; send UTF-8";
  if (bytes.length > 3 && bytes[0] !== 0 && bytes[1] === 0 && bytes[3] === 0)
    return "found 00 behind the first character, which is UTF-16; send UTF-8";
  return undefined;
}

/** The place of the first byte that is no UTF-8, in the text that was read in spite of it. */
function firstNoUtf8(bytes: Buffer, text: string): number {
  let offset = 0;
  let from = 0;
  for (;;) {
    const at = text.indexOf("\ufffd", from);
    offset += Buffer.byteLength(text.slice(from, at));
    // One that was sent as itself is UTF-8.
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return at;
    offset += 3;
    from = at + 1;
  }
}

function noUtf8(bytes: Buffer, text: string, at: number): string {
  const byte = bytes[Buffer.byteLength(text.slice(0, at))] as number;
  return `found the byte ${byte.toString(16)}, which is not UTF-8 here; perhaps the text is ISO-8859-1 or Windows-1252: send it as UTF-8`;
}

// --- The grammar ------------------------------------------------------------------------------------------------------

interface Found {
  at: number;
  message: string;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const WORD = /[\p{L}_$][\p{L}\p{N}_$.-]*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

// Code by code: with a pattern for each token 240 KB of short numbers took 170 ms, in which nobody else is served.

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at++;
  }
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The end of the number that begins here; the place itself when none does. */
function numberEnd(text: string, start: number): number {
  const first = text[start] === "-" ? start + 1 : start;
  let end = text[first] === "0" ? first + 1 : skipDigits(text, first);
  if (end === first) return start;
  if (text[end] === "." && isDigit(text.charCodeAt(end + 1))) end = skipDigits(text, end + 1);
  if (text[end] !== "e" && text[end] !== "E") return end;
  const sign = text[end + 1] === "+" || text[end + 1] === "-" ? end + 2 : end + 1;
  return isDigit(text.charCodeAt(sign)) ? skipDigits(text, sign) : end;
}

/** Reads by the grammar until it is left. Depth is kept in a list, not on the stack. */
function scan(text: string, sentAs: SentAs): Found {
  const open: Bracket[] = [];
  let inside: Bracket | undefined;
  let next: Next = "value";
  for (let at = skipSpace(text, 0); ; at = skipSpace(text, at)) {
    if (at >= text.length) return { at, message: atEnd(text, open, sentAs) };
    const code = text.charCodeAt(at);
    if (next === "behind") {
      if (inside === undefined) return { at, message: behindTheEnd(text, at, sentAs) };
      if (code === COMMA) next = inside.isObject ? "key" : "value";
      else if (code === (inside.isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        open.pop();
        inside = open.at(-1);
      } else return { at, message: notBehind(text, at, inside.isObject) };
      at++;
    } else if ((next === "first key" && code === CLOSE_OBJECT) || (next === "first value" && code === CLOSE_ARRAY)) {
      open.pop();
      inside = open.at(-1);
      next = "behind";
      at++;
    } else if (next === "key" || next === "first key") {
      if (code !== QUOTE) return { at, message: noKey(text, at, next) };
      const end = stringEnd(text, at);
      if (typeof end !== "number") return end;
      const colon = skipSpace(text, end);
      if (text.charCodeAt(colon) !== COLON) return { at: colon, message: noColon(text, colon) };
      next = "value";
      at = colon + 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      inside = { isObject: code === OPEN_OBJECT, at };
      open.push(inside);
      next = inside.isObject ? "first key" : "first value";
      at++;
    } else {
      const end = scalarEnd(text, at, next);
      if (typeof end !== "number") return end;
      next = "behind";
      at = end;
    }
  }
}

/** Whether a number does not end where its digits do: `1.`, `0x1F`, `007`, `1_000`. */
function goesOn(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code !== COMMA && code !== CLOSE_ARRAY && code !== CLOSE_OBJECT && /[\p{L}\p{N}_$.]/u.test(text[at] ?? "");
}

/** The end of a text, number, true, false or null; or what is wrong with it. */
function scalarEnd(text: string, at: number, next: Next): number | Found {
  if (text.charCodeAt(at) === QUOTE) return stringEnd(text, at);
  const end = numberEnd(text, at);
  if (end > at) return goesOn(text, end) ? { at, message: noNumber(text, at, end) } : end;
  const word = text.slice(at, endOf(WORD, text, at));
  if (word === "true" || word === "false" || word === "null") return at + word.length;
  return { at, message: noValue(text, at, word, next) };
}

function stringEnd(text: string, start: number): number | Found {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) {
      const end = endOf(ESCAPE, text, at);
      if (end === at) return { at, message: noEscape(text, at) };
      at = end - 1;
    } else if (code === 10 || code === 13) {
      return { at, message: 'found the end of the line within a text; close the text with ", or write a line break in it as \\n' };
    } else if (code < 32) {
      const char = text[at] as string;
      return { at, message: `found ${named(char)} within a text; write it as ${escapeOf(char)}` };
    }
  }
  return { at: start, message: 'found a " that opens a text which does not end; close it with "' };
}
