import { type FieldError, INPUT_NAMES, isName, MOST_NAME_LENGTH, NO_TIME, nameFault, parseRfc3339, timeFault } from "@streamforge/shared";
import { canonicalNumber, parseDecimal } from "../lib/decimal.js";
import { memberText } from "../lib/json-text.js";

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
  /** As sent (of an epoch number its canonical decimal), and in ms since 1970; absent when the producer sent none. */
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

const DAY_MS = 86_400_000;

/** A number that a double may not hold as it is written: 16 or more digits, or an exponent. Errs towards yes. */
const INEXACT_NUMBER = /[:[,]\s*-?(?:[\d.]{16}|[\d.]*[eE])/;

/** Whether the text of an item may have a number that its parse has changed. 0.3 µs for 350 bytes. */
export function mayBeInexact(text: string): boolean {
  return INEXACT_NUMBER.test(text);
}

/** An item while it is read. */
interface Reading {
  item: Item;
  /** The item as it was sent. */
  text: string;
  nowMs: number;
  /** The names whose values were taken. */
  taken: string[];
  errors: FieldError[];
}

/**
 * @param item one parsed JSON object
 * @param text the same as it was sent: numbers that are names or times are taken from it, exactly
 * @param defaultType eventType of events that name none ("" when there is no default)
 * @param nowMs when it was received, by Redis's clock: a time of more than 24 h after that does not fit. The same each time that
 *   the same item is read: what fits decides what is data
 * @returns the event, or the list of what is wrong with it
 */
export function normalize(item: Item, text: string, defaultType: string, nowMs: number): NormalEvent | FieldError[] {
  const reading: Reading = { item, text, nowMs, taken: [], errors: [] };
  const eventId = takeName(reading, INPUT_NAMES.eventId);
  const eventType = takeName(reading, INPUT_NAMES.eventType);
  const userId = takeName(reading, INPUT_NAMES.userId);
  const subject = takeName(reading, INPUT_NAMES.subject);
  const partitionKey = takeName(reading, INPUT_NAMES.partitionKey);
  const source = takeName(reading, INPUT_NAMES.source);
  const schemaVersion = takeName(reading, INPUT_NAMES.schemaVersion);
  const specVersion = takeName(reading, INPUT_NAMES.specVersion);
  const time = takeTime(reading);
  const isTypeless = eventType === undefined && defaultType === "" && !isPresent(item.eventType);
  const isLog = isTypeless && isLogEntry(reading);
  if (isLog) checkLogEntry(reading);
  else if (isTypeless) reading.errors.push({ pointer: "/eventType", detail: missingType(item) });
  if (reading.errors.length > 0) return reading.errors;

  const payload = takePayload(reading);
  const rest = untaken(reading);
  return {
    eventId,
    eventType: eventType ?? (isLog ? LOG_TYPE : defaultType),
    userId,
    subject,
    partitionKey,
    occurredAt: time?.text,
    occurredAtMs: time?.ms,
    source,
    schemaVersion,
    specVersion,
    payload: payload === undefined ? (rest ?? {}) : payload,
    extensions: payload === undefined ? undefined : rest,
  };
}

/** null counts as absent. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function takeName({ item, text, taken, errors }: Reading, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = item[name];
    if (value === undefined || value === null) continue;
    const found = typeof value === "string" ? (isName(value) ? value : undefined) : integerText(value, text, name);
    if (found !== undefined) {
      taken.push(name);
      return found;
    }
    if (name !== names[0]) continue;
    errors.push({ pointer: `/${name}`, detail: nameError(value) });
    return undefined;
  }
  return undefined;
}

/** The decimal text of a whole number, undefined when it is none or has too many digits. */
function integerText(value: unknown, text: string, name: string): string | undefined {
  if (typeof value !== "number") return undefined;
  const { sign, digits, exponent } = parseDecimal(numberText(value, text, name));
  const minus = sign < 0 ? "-" : "";
  if (exponent < 0 || minus.length + digits.length + exponent > MOST_NAME_LENGTH) return undefined;
  return `${minus}${digits}${"0".repeat(exponent)}`;
}

/** A number as it was sent. */
function numberText(value: number, text: string, name: string): string {
  return mayBeInexact(text) ? (memberText(text, name) as string) : String(value);
}

function takeTime({ item, text, nowMs, taken, errors }: Reading): { text: string; ms: number } | undefined {
  for (const name of INPUT_NAMES.occurredAt) {
    const value = item[name];
    if (value === undefined || value === null) continue;
    const isPreferred = name === INPUT_NAMES.occurredAt[0];
    const sent = typeof value === "number" && !isPreferred ? canonicalNumber(numberText(value, text, name)) : value;
    const ms = typeof sent !== "string" ? Number.NaN : typeof value === "number" ? epochMs(sent) : parseRfc3339(sent);
    if (ms >= 0 && ms <= nowMs + DAY_MS) {
      taken.push(name);
      return { text: sent as string, ms };
    }
    if (!isPreferred) continue;
    errors.push({ pointer: `/${name}`, detail: timeError(value, ms) });
    return undefined;
  }
  return undefined;
}

/**
 * Ms since 1970 of an epoch number: up to 11 digits before the point are seconds, 12 or 13 are milliseconds; what is finer than a
 * millisecond is cut off. NaN when it is neither.
 */
export function epochMs(number: string): number {
  const { sign, digits, exponent } = parseDecimal(number);
  if (sign === 0) return 0;
  const point = digits.length + exponent;
  if (sign < 0 || point > 13) return Number.NaN;
  const kept = point <= 11 ? point + 3 : point;
  return kept <= 0 ? 0 : Number(digits.slice(0, kept).padEnd(kept, "0"));
}

/** Whether an `occurredAt` was sent as an epoch number. */
export function isEpoch(occurredAt: string): boolean {
  return !occurredAt.includes(":");
}

function timeError(value: unknown, ms: number): string {
  if (ms < 0) return "must not be before 1970";
  if (ms > 0) return "must not be more than 24 hours in the future";
  if (typeof value === "number") return `${NO_TIME}; an epoch number may be sent as timestamp`;
  return (typeof value === "string" && timeFault(value)) || NO_TIME;
}

/** undefined when there is none: the rest of a flat event is it. */
function takePayload({ item, taken }: Reading): unknown {
  for (const name of INPUT_NAMES.payload) {
    if (!isPresent(item[name])) continue;
    taken.push(name);
    return item[name];
  }
  const empty = INPUT_NAMES.payload.find((name) => item[name] === null);
  if (empty === undefined) return undefined;
  taken.push(empty);
  return null;
}

/** What no row took, for the payload or the extensions; undefined when everything was taken. `__proto__` is a key like any other here. */
function untaken({ item, taken }: Reading): Record<string, unknown> | undefined {
  let rest: Record<string, unknown> | undefined;
  for (const key of Object.keys(item)) {
    if (taken.includes(key)) continue;
    rest ??= {};
    if (key === "__proto__") Object.defineProperty(rest, key, { value: item[key], enumerable: true, configurable: true, writable: true });
    else rest[key] = item[key];
  }
  return rest;
}

/** Type of events in the form of an older API: `{timestamp, service, message, metadata}`. */
const LOG_TYPE = "LOG";

/** That form and nothing besides, but an id or a user: a type that was forgotten, or misspelled, is still refused. */
function isLogEntry({ item, taken }: Reading): boolean {
  const isNamed = isPresent(item.service) && isPresent(item.message);
  return isNamed && Object.keys(item).every((name) => name === "message" || name === "metadata" || taken.includes(name));
}

function checkLogEntry({ item: { message, metadata }, errors }: Reading): void {
  if (typeof message !== "string")
    errors.push({ pointer: "/message", detail: "must be a string; an event with other data has an eventType" });
  if (metadata === undefined || (typeof metadata === "object" && !Array.isArray(metadata))) return;
  errors.push({ pointer: "/metadata", detail: "must be an object" });
}

function missingType(item: Item): string {
  const misfit = INPUT_NAMES.eventType.find((name) => isPresent(item[name]));
  const hint = misfit === undefined ? "" : `; ${misfit} is there, but ${nameError(item[misfit])}`;
  return `is missing, and the API key has no default type${hint}`;
}

function nameError(value: unknown): string {
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? `is an integer of more than ${MOST_NAME_LENGTH} digits`
      : "must be a string or an integer; send other data inside payload";
  }
  if (typeof value !== "string") return "must be a string or an integer; send other data inside payload";
  return nameFault(value) ?? "is not valid";
}
