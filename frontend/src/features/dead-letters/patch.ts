import { INPUT_NAMES, type PatchOperation } from "@streamforge/shared";
import { exactNumber } from "../../lib/exact-json.js";

/** A patch (RFC 6902) from an edit: what has to be done to `before` to have `after`. */

// The API's own limits; a patch that would break one is made coarser before it is refused.
const MOST_OPERATIONS = 100;
const MOST_TOKENS = 500;
const MOST_CHARACTERS = 64 * 1024;

/** Any JSON value; zod's type for "present, even null". */
type Value = Extract<PatchOperation, { op: "add" }>["value"];

/**
 * The operations that lead from one value to another, the finest that the API's limits allow.
 * @throws Error when even replacing whole fields would be too large
 */
export function patchBetween(before: unknown, after: unknown): PatchOperation[] {
  for (const depth of [Number.POSITIVE_INFINITY, 3, 2, 1]) {
    const patch = compare("", before, after, depth);
    if (fits(patch)) return patch;
  }
  throw new Error("This changes more than a patch can hold (100 operations, 64 KB). Have the producer send the corrected event again.");
}

function fits(patch: PatchOperation[]): boolean {
  const tokens = patch.reduce((sum, { path }) => sum + path.split("/").length, 0);
  return patch.length <= MOST_OPERATIONS && tokens <= MOST_TOKENS && JSON.stringify(patch).length <= MOST_CHARACTERS;
}

function compare(path: string, before: unknown, after: unknown, depth: number): PatchOperation[] {
  if (isSame(before, after)) return [];
  if (depth > 0 && Array.isArray(before) && Array.isArray(after)) return compareArrays(path, before, after, depth);
  if (depth > 0 && isRecord(before) && isRecord(after)) return compareRecords(path, before, after, depth);
  return [{ op: "replace", path, value: after as Value }];
}

function compareRecords(path: string, before: Record<string, unknown>, after: Record<string, unknown>, depth: number): PatchOperation[] {
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return [
    ...removed.map((name): PatchOperation => ({ op: "remove", path: `${path}/${token(name)}` })),
    ...Object.entries(after).flatMap(([name, value]): PatchOperation[] => {
      const here = `${path}/${token(name)}`;
      return Object.hasOwn(before, name)
        ? compare(here, before[name], value, depth - 1)
        : [{ op: "add", path: here, value: value as Value }];
    }),
  ];
}

/** What both begin and end with stays; the middle is compared place by place, then shortened from its end or added to. */
function compareArrays(path: string, before: unknown[], after: unknown[], depth: number): PatchOperation[] {
  const least = Math.min(before.length, after.length);
  let start = 0;
  while (start < least && isSame(before[start], after[start])) start++;
  let end = 0;
  while (end < least - start && isSame(before.at(-1 - end), after.at(-1 - end))) end++;
  const common = least - end;
  const patch: PatchOperation[] = [];
  for (let index = start; index < common; index++) patch.push(...compare(`${path}/${index}`, before[index], after[index], depth - 1));
  // Backwards: a removal moves what stands behind it.
  for (let index = before.length - end - 1; index >= common; index--) patch.push({ op: "remove", path: `${path}/${index}` });
  for (let index = common; index < after.length - end; index++)
    patch.push({ op: "add", path: `${path}/${index}`, value: after[index] as Value });
  return patch;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const [digits, otherDigits] = [exactNumber(a), exactNumber(b)];
  if (digits !== undefined || otherDigits !== undefined) return digits === otherDigits;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, index) => isSame(one, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]));
}

/** A JSON object; numbers that are kept as written are objects, too, but no records. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && exactNumber(value) === undefined;
}

/** A member's name as a token of a JSON Pointer. */
const token = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");
const name = (pointerToken: string) => pointerToken.replaceAll("~1", "/").replaceAll("~0", "~");

/** Input fields that are an event's identity and its user, by their names in the order in which they win. */
const IDENTITY = { eventId: INPUT_NAMES.eventId, userId: INPUT_NAMES.userId };
/** What stands in for a missing userId. */
const SUBSTITUTES = [...INPUT_NAMES.partitionKey, ...INPUT_NAMES.subject];

const NEVER: readonly string[] = [...IDENTITY.eventId, ...IDENTITY.userId];

/**
 * Why the API would refuse a patch: said while it is written, before anything is sent.
 * @param event one of those it is for; which field gave the user differs from event to event
 * @returns one sentence for each reason
 */
export function refusals(patch: readonly PatchOperation[], event?: unknown): string[] {
  const fields = patch.flatMap((operation) => {
    if (operation.op === "test") return [];
    return operation.op === "move" ? [operation.path, operation.from] : [operation.path];
  });
  const first = new Set(fields.map((path) => (path === "" ? "" : name(path.split("/")[1] ?? ""))));
  const reasons: string[] = [];
  if (first.has("")) reasons.push("The whole event cannot be replaced: its eventId would be, too.");
  for (const field of NEVER) {
    if (!first.has(field)) continue;
    reasons.push(
      (IDENTITY.eventId as readonly string[]).includes(field)
        ? `${field} cannot be changed: it is the event's identity. An event of its own has to be sent by the producer.`
        : `${field} cannot be changed: it decides where the event is stored.`,
    );
  }
  const user = isRecord(event) ? userFrom(event) : undefined;
  if (user && first.has(user) && !NEVER.includes(user)) {
    reasons.push(`${user} cannot be changed: this event has no userId, and its user comes from ${user}.`);
  }
  if (patch.some((operation) => "value" in operation && hasUnsafe(operation.value))) {
    reasons.push(
      "This browser cannot send an integer beyond 9,007,199,254,740,991 exactly. Write it as a string, if the schema allows, or use a newer browser.",
    );
  }
  return reasons;
}

/** The field that an event's id comes from; undefined when it has none. */
export function idFrom(event: Record<string, unknown>): string | undefined {
  return IDENTITY.eventId.find((field) => event[field] !== undefined && event[field] !== null);
}

/** The field that an event's user comes from; undefined when it is its eventId. */
export function userFrom(event: Record<string, unknown>): string | undefined {
  return [...IDENTITY.userId, ...SUBSTITUTES].find((field) => event[field] !== undefined && event[field] !== null);
}

/** In a browser that keeps no numbers as they were written it may be another one by now. */
function hasUnsafe(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.some(hasUnsafe);
  return isRecord(value) && Object.values(value).some(hasUnsafe);
}
