import { canonicalNumber } from "../lib/decimal.js";
import { elementsOf as elementSpans, membersOf, wholeValue } from "../lib/json-text.js";
import type { Column, ColumnType } from "./columns.js";

/** Nothing: a column stays null, or no text is needed. */
const NOTHING = undefined;

/**
 * A value taken apart: `typed` is what its column holds, `rest` what the column cannot say and is kept as JSON text. Both together are
 * the value, whatever it is; where both say something of one place, `rest` counts.
 */
export interface Shredded {
  typed: unknown;
  rest: unknown;
}

/** `JSON.isRawJSON`, which TypeScript's library does not know yet: a number by its text (see `parseExact`). */
const { isRawJSON } = JSON as typeof JSON & { isRawJSON(value: unknown): value is { rawJSON: string } };

const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/**
 * Takes a payload apart. Exact: a number goes to its column only when the column gives the same decimal back, and JSON's `null`, which
 * a column cannot tell from nothing, stays in the rest.
 * @param value parsed by `parseExact`, or out of BSON where nothing can be lost
 * @param fields columns of the payload
 */
export function shredPayload(value: unknown, fields: readonly Column[]): Shredded {
  if (fields.length === 0) return { typed: NOTHING, rest: value };
  return shred(value, { kind: "struct", fields });
}

function shred(value: unknown, type: ColumnType): Shredded {
  switch (type.kind) {
    case "string":
      return fits(typeof value === "string" && value.isWellFormed(), value);
    case "boolean":
      return fits(typeof value === "boolean", value);
    case "int64": {
      const integer = integerOf(value);
      return integer === undefined ? { typed: NOTHING, rest: value } : { typed: integer, rest: NOTHING };
    }
    case "double": {
      const double = doubleOf(value);
      return double === undefined ? { typed: NOTHING, rest: value } : { typed: double, rest: NOTHING };
    }
    case "struct":
      return isPlainObject(value) ? shredStruct(value, type.fields) : { typed: NOTHING, rest: value };
    case "list":
      return Array.isArray(value) ? shredList(value, type.element) : { typed: NOTHING, rest: value };
  }
}

function fits(does: boolean, value: unknown): Shredded {
  return does ? { typed: value, rest: NOTHING } : { typed: NOTHING, rest: value };
}

function shredStruct(value: Record<string, unknown>, fields: readonly Column[]): Shredded {
  const typed: Record<string, unknown> = {};
  const taken = new Set<string>();
  const rest: Record<string, unknown> = Object.create(null);
  for (const field of fields) {
    if (!Object.hasOwn(value, field.name)) continue;
    taken.add(field.name);
    const part = shred(value[field.name], field);
    typed[field.name] = part.typed;
    if (part.rest !== NOTHING) rest[field.name] = part.rest;
  }
  for (const key of Object.keys(value)) if (!taken.has(key)) rest[key] = value[key];
  return { typed, rest: Object.keys(rest).length > 0 ? rest : NOTHING };
}

/** A list that its column cannot say whole stands whole in the rest, too: a place in a list has no name that a merge could use. */
function shredList(value: readonly unknown[], element: ColumnType): Shredded {
  const typed: unknown[] = [];
  let isWhole = true;
  for (const child of value) {
    const part = child === null ? { typed: null, rest: NOTHING } : shred(child, element);
    if (part.rest !== NOTHING) {
      isWhole = false;
      // A struct with something besides is still worth its column; a value of another type is not.
      if (part.typed === NOTHING) return { typed: NOTHING, rest: value };
    }
    typed.push(part.typed);
  }
  return { typed, rest: isWhole ? NOTHING : value };
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (!isRawJSON(value)) return undefined;
  const text = canonicalNumber(value.rawJSON);
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const integer = BigInt(text);
  return integer >= INT64.least && integer <= INT64.most ? integer : undefined;
}

function doubleOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (!isRawJSON(value)) return undefined;
  const double = Number(value.rawJSON);
  if (!Number.isFinite(double)) return undefined;
  return canonicalNumber(value.rawJSON) === canonicalNumber(String(double)) ? double : undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !isRawJSON(value);
}

/** Whether an object anywhere in the text has a key twice: of these a parse keeps one, and such a text is kept whole. @param text JSON */
export function hasRepeatedKey(text: string): boolean {
  const starts = [wholeValue(text).start];
  for (let start = starts.pop(); start !== undefined; start = starts.pop()) {
    if (text[start] === "[") for (const span of elementSpans(text, start)) push(span.start);
    else if (text[start] === "{") {
      const members = membersOf(text, start);
      if (new Set(members.map(({ key }) => key)).size < members.length) return true;
      for (const member of members) push(member.start);
    }
  }
  return false;

  function push(start: number): void {
    if (text[start] === "{" || text[start] === "[") starts.push(start);
  }
}
