import { isName } from "@streamforge/shared";
import type { FastifyRequest } from "fastify";
import { problem } from "./problems.js";

/** Together with the prefix and a position it must be an eventId. */
export const MOST_KEY_LENGTH = 180;

/** Two names of one header, the standard one first. */
const NAMES = ["Idempotency-Key", "X-Idempotency-Key"] as const;

/** A string of RFC 8941, as the draft of the header wants it. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * The request's idempotency key. `"abc"`, which is a structured string, and `abc` are one key.
 * @throws ProblemError for a header in two lines, two headers that say different things, and what is no key
 */
export function idempotencyKeyOf({ headers, raw }: Pick<FastifyRequest, "headers" | "raw">): string | undefined {
  if (headers["idempotency-key"] === undefined && headers["x-idempotency-key"] === undefined) return undefined;
  const [standard, older] = NAMES.map((name) => {
    const lines = valuesOf(raw.rawHeaders, name.toLowerCase());
    if (lines.length > 1) throw problem("invalid-request", `${name} is there ${lines.length} times; send it once.`);
    return lines[0] === undefined ? undefined : keyFrom(name, lines[0]);
  });
  if (standard !== undefined && older !== undefined && standard !== older)
    throw problem(
      "invalid-request",
      `${NAMES[0]} and ${NAMES[1]} are two names of one header, and they say different things; send one of them.`,
    );
  return standard ?? older;
}

function keyFrom(name: string, value: string): string {
  const quoted = QUOTED.exec(value)?.[1];
  if (quoted === undefined && value.startsWith('"'))
    throw problem("invalid-request", `${name} begins with a quote and is not a quoted string; send "key", or key without quotes.`);
  const key = quoted === undefined ? value : quoted.replaceAll(/\\(.)/g, "$1");
  if (isName(key) && key.length <= MOST_KEY_LENGTH) return key;
  const found = key === "" ? "it is empty" : key.length > MOST_KEY_LENGTH ? `it has ${key.length}` : "it has a control character";
  throw problem("invalid-request", `${name} must have 1 to ${MOST_KEY_LENGTH} characters and no control characters; ${found}.`);
}

/** Node joins the lines of a header into one; these are the lines as they came. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] as string);
  return values;
}
