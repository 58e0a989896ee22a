/**
 * Places in a JSON text. Edits are made in the text itself, so that whatever they do not touch stays byte for byte as it was sent:
 * 12345678901234567890, 1.0, 1e400, the order of keys, repeated keys, white space. A parse and a new serialisation lose some of each.
 * Every function takes text that `JSON.parse` accepts.
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

const QUOTE = 34;
const BACKSLASH = 92;

/** The value that the whole text is. */
export function wholeValue(text: string): Span {
  const start = skipSpace(text, 0);
  return { start, end: endOfValue(text, start) };
}

/** @param at where the object's `{` stands */
export function membersOf(text: string, at: number): Member[] {
  const members: Member[] = [];
  let next = skipSpace(text, at + 1);
  while (text[next] !== "}") {
    const keyEnd = endOfString(text, next);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ key: JSON.parse(text.slice(next, keyEnd)) as string, keyStart: next, start, end });
    next = skipSpace(text, end);
    if (text[next] === ",") next = skipSpace(text, next + 1);
  }
  return members;
}

/** @param at where the array's `[` stands */
export function elementsOf(text: string, at: number): Span[] {
  const elements: Span[] = [];
  let next = skipSpace(text, at + 1);
  while (text[next] !== "]") {
    const end = endOfValue(text, next);
    elements.push({ start: next, end });
    next = skipSpace(text, end);
    if (text[next] === ",") next = skipSpace(text, next + 1);
  }
  return elements;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at++;
  }
}

/** @param at where the opening quote stands @returns the place behind the closing one */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; ; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
    else if (i >= text.length) throw new Error("the text is not JSON");
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== "{" && first !== "[") {
    const rest = /[\s,\]}]/g;
    rest.lastIndex = start;
    return rest.exec(text)?.index ?? text.length;
  }
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i) - 1;
    else if (code === 123 || code === 91) depth++;
    else if ((code === 125 || code === 93) && --depth === 0) return i + 1;
  }
  throw new Error("the text is not JSON");
}
