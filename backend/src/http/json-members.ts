/** A member of a JSON object, by its key and the text of its value exactly as it stands. */
export interface Member {
  key: string;
  raw: string;
}

/**
 * The members of a JSON object with their values as text, so that a value can be passed on without what a parse loses: digits,
 * trailing zeros, the order of keys, repeated keys.
 * @param text one JSON object that has been parsed before: what is not JSON is not found out here
 */
export function jsonMembers(text: string): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, text.indexOf("{") + 1);
  while (text[at] === '"') {
    const keyEnd = endOfString(text, at);
    const start = skipSpace(text, text.indexOf(":", keyEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)), raw: text.slice(start, end).trimEnd() });
    at = skipSpace(text, end + 1);
  }
  return members;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text[at] as string)) at++;
  return at;
}

/** Offset behind the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Offset of the comma or brace that ends the value. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at] as string;
    if (char === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (char === "{" || char === "[") depth++;
    else if (depth === 0 && (char === "," || char === "}")) return at;
    else if (char === "}" || char === "]") depth--;
    at++;
  }
  return at;
}
