import { canonicalNumber } from "./decimal.js";
import { endOfScalar, endOfString, skipSpace, stringAt } from "./json-text.js";

/** A container whose end has not come yet: values by their keys for an object, in order for an array. */
type Open = { members: Map<string, string>; key: string } | { elements: string };

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The one spelling of what a JSON text says: two texts have the same exactly when they say the same. Keys are in the order of their
 * code units, of a repeated key the last value counts, white space and escapes do not, numbers are decimals (`canonicalNumber`), a
 * lone surrogate is unlike any other character. Where a parse loses nothing it is what `canonicalJson` makes of the parsed value.
 * The cost is linear, but for the sorting of keys; nothing is recursive.
 * @param text JSON that `JSON.parse` accepts
 */
export function canonicalContent(text: string): string {
  const open: Open[] = [];
  let at = skipSpace(text, 0);
  for (;;) {
    let value: string;
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      const isObject = code === OPEN_OBJECT;
      at = skipSpace(text, at + 1);
      if (text.charCodeAt(at) !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        open.push(isObject ? { members: new Map(), key: "" } : { elements: "" });
        at = behindKey(text, at, open.at(-1) as Open);
        continue;
      }
      at++;
      value = isObject ? "{}" : "[]";
    } else {
      const end = code === QUOTE ? endOfString(text, at) : endOfScalar(text, at);
      value = code === QUOTE ? canonicalString(text, at, end) : canonicalScalar(text.slice(at, end));
      at = end;
    }
    // The value is whole, and with it perhaps what it stands in.
    for (;;) {
      const around = open.at(-1);
      if (!around) return value;
      put(around, value);
      at = skipSpace(text, at);
      if (text.charCodeAt(at) === COMMA) {
        at = behindKey(text, skipSpace(text, at + 1), around);
        break;
      }
      at++;
      open.pop();
      value = closed(around);
    }
  }
}

/** In an object: reads the key of the next member. @returns where its value begins */
function behindKey(text: string, at: number, around: Open): number {
  if (!("members" in around)) return at;
  const end = endOfString(text, at);
  around.key = stringAt(text, at, end);
  return skipSpace(text, skipSpace(text, end) + 1);
}

function put(around: Open, value: string): void {
  if ("members" in around) around.members.set(around.key, value);
  else around.elements += around.elements === "" ? value : `,${value}`;
}

/** Put together with `+`: V8 copies such a string once at the end, and not at every level. */
function closed(container: Open): string {
  if ("elements" in container) return `[${container.elements}]`;
  let members = "";
  for (const key of [...container.members.keys()].sort())
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${container.members.get(key)}`;
  return `{${members}}`;
}

function canonicalString(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  return raw.includes("\\") || !raw.isWellFormed() ? JSON.stringify(JSON.parse(raw)) : raw;
}

function canonicalScalar(scalar: string): string {
  const first = scalar.charCodeAt(0);
  // true, false, null
  return first >= 97 ? scalar : canonicalNumber(scalar);
}
