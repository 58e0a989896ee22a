import { isRecord } from "./patch.js";

interface Flaw {
  pointer: string;
  detail: string;
}

/** Where the payload stands in an event as it was sent; "" when its other fields are the payload. */
export function payloadAt(event: unknown): "" | "/payload" | "/data" {
  if (!isRecord(event)) return "";
  const given = (["payload", "data"] as const).find((field) => event[field] !== undefined && event[field] !== null);
  return given ? `/${given}` : "";
}

/**
 * Failures of a payload as marks on the whole event. What is missing has no line of its own: it is said at the closest one that is there.
 * @param failures their pointers begin at the payload
 */
export function marksOf(event: unknown, failures: readonly Flaw[]): Record<string, string> {
  const base = payloadAt(event);
  const marks: Record<string, string> = {};
  for (const { pointer, detail } of failures) {
    const [there, missing] = closest(event, base + pointer);
    const words = missing === "" ? detail : `${missing} ${detail}`;
    marks[there] = marks[there] ? `${marks[there]}; ${words}` : words;
  }
  return marks;
}

/** The longest beginning of a pointer that leads somewhere, and the rest in words. */
function closest(value: unknown, pointer: string): [there: string, missing: string] {
  const tokens = pointer.split("/").slice(1);
  let at = value;
  for (const [index, token] of tokens.entries()) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    const inside = (isRecord(at) || Array.isArray(at)) && Object.hasOwn(at, name);
    if (!inside) return [tokens.slice(0, index).reduce((path, one) => `${path}/${one}`, ""), tokens.slice(index).join("/")];
    at = (at as Record<string, unknown>)[name];
  }
  return [pointer, ""];
}
