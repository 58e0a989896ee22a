import { type FieldError, isName, NO_TIME, nameFault, parseRfc3339, timeFault } from "@streamforge/shared";

/**
 * The one event shape, from the names that producers use. Pure: the API calls it to refuse what is wrong, the worker calls it
 * again on the same text to build the document, and both see the same event.
 */
export interface NormalEvent {
  /** Absent when the producer sent none. */
  eventId: string | undefined;
  eventType: string;
  userId: string | undefined;
  subject: string | undefined;
  partitionKey: string | undefined;
  /** As sent, and in ms since 1970; absent when the producer sent none. */
  occurredAt: string | undefined;
  occurredAtMs: number | undefined;
  source: string | undefined;
  schemaVersion: string | undefined;
  specVersion: string | undefined;
  payload: unknown;
  /** Fields that no row of the table took, when there is a payload; else they are the payload. */
  extensions: Record<string, unknown> | undefined;
}

type Item = Record<string, unknown>;

/** Input names per field, preferred first. A name that lost to a better one is ordinary data. */
export const INPUT_NAMES = {
  eventId: ["eventId", "event_id", "id"],
  eventType: ["eventType", "event_type", "type"],
  userId: ["userId", "user_id"],
  subject: ["subject", "entityId"],
  partitionKey: ["partitionKey"],
  occurredAt: ["occurredAt", "occurred_at", "timestamp", "time"],
  source: ["source", "service"],
  schemaVersion: ["schemaVersion"],
  specVersion: ["specVersion"],
  payload: ["payload", "data"],
} as const;

const DAY_MS = 86_400_000;

/**
 * @param item one parsed JSON object
 * @param defaultType eventType of events that name none ("" when there is no default)
 * @param nowMs Redis's clock; events from more than 24 h ahead of it are refused
 * @returns the event, or the list of what is wrong with it
 */
export function normalize(item: Item, defaultType: string, nowMs: number): NormalEvent | FieldError[] {
  const errors: FieldError[] = [];
  const eventId = textOf(item, INPUT_NAMES.eventId, errors);
  const eventType = textOf(item, INPUT_NAMES.eventType, errors);
  const userId = textOf(item, INPUT_NAMES.userId, errors);
  const subject = textOf(item, INPUT_NAMES.subject, errors);
  const partitionKey = textOf(item, INPUT_NAMES.partitionKey, errors);
  const source = textOf(item, INPUT_NAMES.source, errors);
  const schemaVersion = textOf(item, INPUT_NAMES.schemaVersion, errors);
  const specVersion = textOf(item, INPUT_NAMES.specVersion, errors);
  const occurredAt = find(item, INPUT_NAMES.occurredAt);
  const occurredAtMs = occurredAt === undefined ? undefined : timeOf(item, occurredAt, nowMs, errors);
  if (eventType === undefined && defaultType === "" && find(item, INPUT_NAMES.eventType) === undefined) {
    errors.push({ pointer: "/eventType", detail: "is missing, and the API key has no default type" });
  }
  if (errors.length > 0) return errors;

  const found = find(item, INPUT_NAMES.payload);
  const payload = found ?? (item.payload === null || item.data === null ? null : undefined);
  const rest = untaken(item, payload === null);
  return {
    eventId,
    eventType: eventType ?? defaultType,
    userId,
    subject,
    partitionKey,
    occurredAt: occurredAt as string | undefined,
    occurredAtMs,
    source,
    schemaVersion,
    specVersion,
    payload: payload === undefined ? (rest ?? {}) : payload,
    extensions: payload === undefined ? undefined : rest,
  };
}

/** The value under the first of these names that has one; null is none. */
function find(item: Item, candidates: readonly string[]): unknown {
  for (const name of candidates) {
    const value = item[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function textOf(item: Item, candidates: readonly string[], errors: FieldError[]): string | undefined {
  const value = find(item, candidates);
  if (value === undefined) return undefined;
  if (typeof value === "string" && isName(value)) return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  errors.push({ pointer: `/${winner(item, candidates)}`, detail: nameError(value) });
  return undefined;
}

function timeOf(item: Item, value: unknown, nowMs: number, errors: FieldError[]): number {
  const ms = typeof value === "string" ? parseRfc3339(value) : Number.NaN;
  const wrong = (detail: string): void => void errors.push({ pointer: `/${winner(item, INPUT_NAMES.occurredAt)}`, detail });
  if (Number.isNaN(ms)) wrong((typeof value === "string" && timeFault(value)) || NO_TIME);
  else if (ms < 0) wrong("must not be before 1970");
  else if (ms > nowMs + DAY_MS) wrong("must not be more than 24 hours in the future");
  return ms;
}

/** Which of these names `find` took. */
function winner(item: Item, candidates: readonly string[]): string | undefined {
  return candidates.find((name) => item[name] !== undefined && item[name] !== null);
}

const ALL_NAMES: readonly (readonly string[])[] = Object.values(INPUT_NAMES);

/** What no row took, for the payload or the extensions; undefined when everything was taken. `__proto__` is a key like any other here. */
function untaken(item: Item, payloadIsNull: boolean): Record<string, unknown> | undefined {
  let rest: Record<string, unknown> | undefined;
  const nullPayload = payloadIsNull ? (item.payload === null ? "payload" : "data") : undefined;
  for (const key of Object.keys(item)) {
    const row = ROW_OF.get(key);
    if (key === nullPayload || (row && winner(item, row) === key)) continue;
    rest ??= {};
    if (key === "__proto__") Object.defineProperty(rest, key, { value: item[key], enumerable: true, configurable: true, writable: true });
    else rest[key] = item[key];
  }
  return rest;
}

/** Each input name, and the row it belongs to. */
const ROW_OF = new Map(ALL_NAMES.flatMap((row) => row.map((name) => [name, row] as const)));

function nameError(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value)) return "is an integer too large to be exact; send it as a string";
  if (typeof value !== "string") return "must be a string (or an integer)";
  return nameFault(value) ?? "is not valid";
}
