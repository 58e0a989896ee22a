/** A number by its text, which `JSON.stringify` writes as it is. */
interface RawJson {
  rawJSON: string;
}

// TypeScript's library does not know it yet.
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): RawJson };

/**
 * Parses without losing digits, to be shown again: a number that JavaScript cannot hold (12345678901234567890, 1.10, 1e400) stays as it
 * was written, and `JSON.stringify` writes it so. Where every byte counts, pass the text on (`withMembers`).
 * @param text JSON
 */
export function parseExact(text: string): unknown {
  const reviver = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value !== "number" || context.source === undefined || String(value) === context.source ? value : rawJSON(context.source);
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
}

/** JSON text of an object with some more members, whose values are JSON text already. */
export function withMembers(object: object, texts: Record<string, string | undefined>): string {
  const members = Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [`${JSON.stringify(key)}:${text}`]));
  const fields = JSON.stringify(object).slice(1, -1);
  return `{${[...(fields === "" ? [] : [fields]), ...members].join()}}`;
}
