import { canonicalNumber, type Decimal, parseDecimal } from "../lib/decimal.js";

/**
 * Numbers that a double does not hold as they are written, by the object or array that they stand in and their key. Comparing doubles
 * compares all others as written: two decimals of up to 15 digits are never one double, and doubles keep their order.
 */
export type Odd = ReadonlyMap<object, ReadonlyMap<string, string>>;

export interface ExactValue {
  /** As parsed; in place of an odd number stands a double that is whole when it is. */
  value: unknown;
  /** What `value` stands in, under the key "". */
  holder: object;
  odd: Odd;
}

/** Digits that a double always keeps. */
const DOUBLE_DIGITS = 15;
const MOST_MAGNITUDE = 300;

/** @param text JSON */
export function parseDecimals(text: string): ExactValue {
  const odd = new Map<object, Map<string, string>>();
  let holder: object = {};
  const reviver = function (this: object, key: string, value: unknown, { source }: { source?: string }): unknown {
    holder = this;
    if (typeof value !== "number" || source === undefined) return value;
    const decimal = parseDecimal(source);
    if (isPlain(decimal)) return value;
    const members = odd.get(this);
    if (members) members.set(key, source);
    else odd.set(this, new Map([[key, source]]));
    return standIn(decimal, value);
  };
  const value = JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
  return { value, holder, odd };
}

/** A parsed value none of whose numbers is odd. */
export const plainValue = (value: unknown): ExactValue => ({ value, holder: { "": value }, odd: new Map() });

function isPlain({ digits, exponent }: Decimal): boolean {
  return digits.length <= DOUBLE_DIGITS && Math.abs(digits.length + exponent) <= MOST_MAGNITUDE;
}

/** A double that is finite, and whole exactly when the decimal is: what `type` looks at. */
function standIn({ sign, exponent }: Decimal, parsed: number): number {
  if (exponent >= 0) return Number.isFinite(parsed) ? parsed : sign * Number.MAX_VALUE;
  return Number.isInteger(parsed) ? sign * 0.5 : parsed;
}

/** A number as it was written. */
export function numberText(odd: Odd, holder: object, key: string, value: number): string {
  return odd.get(holder)?.get(key) ?? String(value);
}

/** The one spelling of a value: equal values have the same. */
export function contentAt(odd: Odd, holder: object, key: string, value: unknown): string {
  if (typeof value === "number") return canonicalNumber(numberText(odd, holder, key, value));
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item, i) => contentAt(odd, value, String(i), item)).join()}]`;
  const members = value as Record<string, unknown>;
  return `{${Object.keys(members)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${contentAt(odd, members, name, members[name])}`)
    .join()}}`;
}
