import { Buffer, isUtf8 } from "node:buffer";
import {
  atEnd,
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

/** A place in a body: its line (from 1), the characters before it in that line, the bytes before it. */
export interface Place {
  line: number;
  column: number;
  byte: number;
}

/** The fault as it stands in an answer. @param start where the text begins, when it is a part of a body */
export function faultText({ offset, line, column, message }: JsonFault, start: Place = { line: 1, column: 0, byte: 0 }): string {
  const columns = line === 1 ? start.column + column : column;
  return `line ${start.line + line - 1}, column ${columns} (byte ${start.byte + offset}): ${message}`;
}

/** Finds places in a body, each behind the one before: all of them together cost one reading. */
export interface Places {
  /** @param offset in the body's bytes, not before the last one that was asked for */
  at(offset: number): Place;
}

const NEWLINE = 0x0a;

/** @param from an offset in these bytes, and the line and byte of the whole body that begin there */
export function placesIn(body: Buffer, from = { offset: 0, line: 1, byte: 0 }): Places {
  let { offset, line } = from;
  // Nobody sees the mark.
  let column = from.byte === 0 && body[offset] === 0xef && body[offset + 1] === 0xbb && body[offset + 2] === 0xbf ? -1 : 0;
  return {
    at(to) {
      for (; offset < to; offset++) {
        const byte = body[offset] as number;
        if (byte === NEWLINE) [line, column] = [line + 1, 0];
        else if ((byte & 0xc0) !== 0x80) column++;
      }
      return { line, column, byte: from.byte + to - from.offset };
    },
  };
}

function placed(text: string, at: number, message: (at: number) => string): JsonFault {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { offset: Buffer.byteLength(before), line, column: [...before.slice(lineStart)].length + 1, message: message(at) };
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

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$.-]*/uy;
/** All of a string but what ends it or breaks it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they break a string
const IN_STRING = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Reads by the grammar until it is left. Depth is kept in a list, not on the stack. */
function scan(text: string, sentAs: SentAs): Found {
  const open: { bracket: "{" | "["; at: number }[] = [];
  let next: Next = "value";
  let at = 0;
  for (;;) {
    at = endOf(SPACE, text, at);
    const char = text[at];
    const inside = open.at(-1);
    if (char === undefined) return { at, message: atEnd(text, open, sentAs) };
    if (next === "behind") {
      if (!inside) return { at, message: behindTheEnd(text, at, sentAs) };
      if (char === ",") [next, at] = [inside.bracket === "{" ? "key" : "value", at + 1];
      else if (char !== (inside.bracket === "{" ? "}" : "]")) return { at, message: notBehind(text, at, inside) };
      else {
        open.pop();
        at++;
      }
      continue;
    }
    if ((next === "first key" && char === "}") || (next === "first value" && char === "]")) {
      open.pop();
      [next, at] = ["behind", at + 1];
      continue;
    }
    if (next === "key" || next === "first key") {
      if (char !== '"') return { at, message: noKey(text, at, next) };
      const end = stringEnd(text, at);
      if (typeof end !== "number") return end;
      const colon = endOf(SPACE, text, end);
      if (text[colon] !== ":") return { at: colon, message: noColon(text, colon) };
      [next, at] = ["value", colon + 1];
      continue;
    }
    if (char === "{" || char === "[") {
      open.push({ bracket: char, at });
      [next, at] = [char === "{" ? "first key" : "first value", at + 1];
      continue;
    }
    const end = scalarEnd(text, at, next);
    if (typeof end !== "number") return end;
    [next, at] = ["behind", end];
  }
}

/** The end of a text, number, true, false or null; or what is wrong with it. */
function scalarEnd(text: string, at: number, next: Next): number | Found {
  if (text[at] === '"') return stringEnd(text, at);
  const word = text.slice(at, endOf(WORD, text, at));
  if (word === "true" || word === "false" || word === "null") return at + word.length;
  const end = endOf(NUMBER, text, at);
  if (end === at) return { at, message: noValue(text, at, word, next) };
  const rest = text.slice(end, endOf(WORD, text, end));
  if (rest !== "" || text[end] === "." || /\d/.test(text[end] ?? "")) return { at, message: noNumber(text, at, end) };
  return end;
}

function stringEnd(text: string, start: number): number | Found {
  let at = start + 1;
  for (;;) {
    at = endOf(IN_STRING, text, at);
    const char = text[at];
    if (char === '"') return at + 1;
    if (char === undefined) return { at: start, message: 'found a " that opens a text which does not end; close it with "' };
    if (char === "\\") {
      const end = endOf(ESCAPE, text, at);
      if (end === at) return { at, message: noEscape(text, at) };
      at = end;
    } else if (char === "\n" || char === "\r") {
      return { at, message: 'found the end of the line within a text; close the text with ", or write a line break in it as \\n' };
    } else {
      return { at, message: `found ${named(char)} within a text; write it as ${escapeOf(char)}` };
    }
  }
}
