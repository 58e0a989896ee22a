/**
 * The one scanner of JSON text. Places in the text are passed on and edited, not values, so that whatever is not touched stays byte for
 * byte as it was sent: 12345678901234567890, 1.0, 1e400, the order of keys, repeated keys, white space. A parse and a new
 * serialisation lose some of each.
 *
 * Every function takes text that `JSON.parse` accepts; on other text it throws or answers nonsense, but it ends. The cost is linear in
 * the text that is passed over, and nothing is recursive, so depth costs no stack.
 */
export interface Span {
  start: number;
  end: number;
}

/** A member of an object: `start` and `end` are its value's. */
export interface Member extends Span {
  key: string;
  keyStart: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The value that the whole text is. */
export function wholeValue(text: string): Span {
  const start = skipSpace(text, 0);
  return { start, end: endOfValue(text, start) };
}

/** @param at where the object's `{` stands */
export function membersOf(text: string, at: number): Member[] {
  const members: Member[] = [];
  let next = skipSpace(text, at + 1);
  while (text.charCodeAt(next) !== CLOSE_OBJECT) {
    const keyEnd = endOfString(text, next);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ key: stringAt(text, next, keyEnd), keyStart: next, start, end });
    next = behindComma(text, end);
  }
  return members;
}

/** @param at where the array's `[` stands */
export function elementsOf(text: string, at: number): Span[] {
  const elements: Span[] = [];
  let next = skipSpace(text, at + 1);
  while (text.charCodeAt(next) !== CLOSE_ARRAY) {
    const end = endOfValue(text, next);
    if (end === next) throw notJson();
    elements.push({ start: next, end });
    next = behindComma(text, end);
  }
  return elements;
}

/** The text of a member's value; of a repeated key the last one counts, as for `JSON.parse`. @param text one object */
export function memberText(text: string, key: string): string | undefined {
  const found = membersOf(text, skipSpace(text, 0)).findLast((member) => member.key === key);
  return found && text.slice(found.start, found.end);
}

/** The first place from `from` on that is no white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at++;
  }
}

/** @param at where the opening quote stands @returns the place behind the closing one */
export function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  throw notJson();
}

/** The string between two places, quotes included, without its escapes. */
export function stringAt(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

/** @param start where a value begins @returns the place behind it */
export function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return endOfString(text, start);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return endOfScalar(text, start);
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++;
    else if ((code === CLOSE_OBJECT || code === CLOSE_ARRAY) && --depth === 0) return i + 1;
  }
  throw notJson();
}

/** Behind a number, `true`, `false` or `null`. */
export function endOfScalar(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code <= 32) break;
  }
  return at;
}

function behindComma(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

function notJson(): Error {
  return new Error("the text is not JSON");
}
