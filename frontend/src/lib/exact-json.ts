/**
 * JSON without losing digits: a number that JavaScript cannot hold (12345678901234567890, 1.10) stays as it was written, is shown
 * so, and is written so again by `JSON.stringify`. An operator who compares an id with a producer's log must see the same id.
 */

interface RawJson {
  rawJSON: string;
}

// In Chromium 114, Firefox 135 and Safari 18.4; TypeScript's library does not know it yet.
const Json = JSON as typeof JSON & { rawJSON?: (text: string) => RawJson; isRawJSON?: (value: unknown) => boolean };

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/** Parses; older browsers round such numbers, as everybody's do. @throws SyntaxError */
export function parseExact(text: string): unknown {
  const reviver: Reviver = (_key, value, context) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || String(value) === source || !Json.rawJSON) return value;
    return Json.rawJSON(source);
  };
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
}

/** The digits of a number that was kept as written; undefined for every other value. */
export function exactNumber(value: unknown): string | undefined {
  return Json.isRawJSON?.(value) ? (value as RawJson).rawJSON : undefined;
}
