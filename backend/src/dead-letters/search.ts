import type { Filter } from "mongodb";
import type { DeadLetterDocument } from "../store/documents.js";

/** In a JSON string these cannot stand for themselves. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
};

/**
 * Letters whose item contains a text, in upper or lower case: as it was sent, or as its strings and keys say. `München` is found in
 * `"M\u00fcnchen"`, `he said "hi"` in `"he said \"hi\""`. A substring, since that is what people search for ("user-42"):
 * docs/decisions/0016-search-in-dead-letters.md.
 *
 * MongoDB has the text as it was sent, so what it looks for is every spelling of the text. Few items have a backslash at all; those
 * without are decided by the plain search.
 */
export function containing(q: string): Filter<DeadLetterDocument> {
  const contains = (pattern: string) => ({ raw: { $regex: pattern, $options: "i" } });
  return { $or: [contains(literally(q)), { raw: { $regex: "\\\\" }, $or: spellingsOf(q).map(contains) }] };
}

/**
 * Patterns (PCRE, with the option `i`) that together match every way in which the inside of a JSON string can say this text. There is
 * one for each way to begin, because each begins with one character then: 2 µs a letter of 440 bytes, where one pattern that begins
 * with a choice takes 15 to 60.
 */
export function spellingsOf(text: string): string[] {
  const [first = "", ...others] = text;
  const rest = others.map((char) => oneOf([...itself(char), ...escapes(char).map((sign) => `\\\\${sign}`)])).join("");
  // An escape begins at a backslash that is not escaped itself: `C:\\temp` has no tab. This is the first of its run of backslashes.
  const escaped = `\\\\(?<!\\\\\\\\)(?:\\\\\\\\)*${oneOf(escapes(first))}`;
  return [...itself(first), escaped].map((begin) => begin + rest);
}

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;
const literally = (text: string): string => text.replaceAll(SPECIAL, "\\$&");
const oneOf = (patterns: string[]): string => (patterns.length === 1 ? (patterns[0] as string) : `(?:${patterns.join("|")})`);

/** The character as it is, unless a JSON string cannot have it so. */
function itself(char: string): string[] {
  return char === '"' || char === "\\" || char < " " ? [] : [literally(char)];
}

/** What may stand behind the backslash of an escape. */
function escapes(char: string): string[] {
  const short = SHORT_ESCAPES[char];
  return [...(short === undefined ? [] : [exactly(short)]), oneOf(sameInAnyCase(char).map(inHex))];
}

/** By the numbers of its UTF-16 code units; the letter u is lower case, the digits are either. */
function inHex(char: string): string {
  const units = Array.from({ length: char.length }, (_, i) => `(?-i:u)${char.charCodeAt(i).toString(16).padStart(4, "0")}`);
  return units.join("\\\\");
}

/** `\B` is no escape. */
function exactly(letter: string): string {
  return /[a-z]/.test(letter) ? `(?-i:${letter})` : literally(letter);
}

/** Characters by what they are in lower case, those alone that are not the only one; made at the first search that needs it (15 ms). */
let cases: Map<string, string[]> | undefined;

/** A character and those that the option `i` takes for the same one: `k`, `K` and the sign for kelvin. */
function sameInAnyCase(char: string): string[] {
  cases ??= casesOf();
  const others = cases.get(folded(char)) ?? [];
  return [char, ...others.filter((other) => other !== char && new RegExp(`^${literally(char)}$`, "iu").test(other))];
}

const MOST_CASED = 0x1_ffff;

function casesOf(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let code = 0x41; code <= MOST_CASED; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const char = String.fromCodePoint(code);
    const key = folded(char);
    const same = found.get(key);
    if (same) same.push(char);
    else if (key !== char || char.toUpperCase() !== char) found.set(key, key === char ? [char] : [key, char]);
  }
  return found;
}

/** One character for all of its cases, those of more than one character left alone. */
function folded(char: string): string {
  const upper = char.toUpperCase();
  const lower = (isOne(upper) ? upper : char).toLowerCase();
  return isOne(lower) ? lower : char;
}

function isOne(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) as number) > 0xffff);
}
