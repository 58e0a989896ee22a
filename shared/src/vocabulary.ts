import { z } from "zod";
import { parseRfc3339, timeFault } from "./time.js";

/**
 * The words that every body, path and query is made of: texts, times, counts and ids that each store can hold. Postgres takes neither
 * U+0000 nor half a surrogate pair nor an integer beyond 32 bits; MongoDB takes no U+0000 in a pattern. What does not fit is refused at
 * the door, with a message that says what was found; it never reaches a store.
 */

// --- Texts --------------------------------------------------------------------------------------------------------

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_BUT_LINES = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the one that no store takes
const NUL = /\u0000/;

interface TextRule {
  /** Code points, the default is 1. */
  min?: number;
  max: number;
  /** What it may not contain; unset, any control character. */
  forbidden?: RegExp;
}

/** Most code points of the names of an event: `eventId`, `eventType`, `userId`, `source` and the like. */
export const MOST_NAME_LENGTH = 200;

/** Whether a text can be a name of an event: 1 to 200 code points, no control characters, whole surrogate pairs. */
export function isName(text: string): boolean {
  if (text.length === 0 || text.length > 2 * MOST_NAME_LENGTH) return false;
  if (text.length > MOST_NAME_LENGTH && codePoints(text) > MOST_NAME_LENGTH) return false;
  return !CONTROL.test(text) && text.isWellFormed();
}

/** What is wrong with a text, in words that follow its name; undefined when nothing is. */
export function textFault(text: string, { min = 1, max, forbidden = CONTROL }: TextRule): string | undefined {
  const found = forbidden.exec(text);
  if (found)
    return `must not contain control characters; it has ${codePointName(found[0])} at character ${codePoints(text.slice(0, found.index)) + 1}`;
  if (!text.isWellFormed()) return "must be well-formed Unicode; it has half a surrogate pair";
  const length = codePoints(text);
  if (length === 0 && min === 1) return `must have 1 to ${max} characters; it is empty`;
  return length < min || length > max ? `must have ${min} to ${max} characters; it has ${length}` : undefined;
}

/** What is wrong with a text that is not a name of an event. */
export const nameFault = (text: string): string | undefined => textFault(text, { max: MOST_NAME_LENGTH });

/** Code points, the unit of every length here and of JSON Schema's. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function codePointName(char: string): string {
  return `U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}`;
}

function checked(text: z.ZodString, rule: TextRule): z.ZodString {
  return text
    .check(({ value, issues }) => {
      // Of a huge text nothing is counted.
      const fault = value.length > 4 * rule.max + 1_000 ? `must have at most ${rule.max} characters` : textFault(value, rule);
      if (fault !== undefined) issues.push({ code: "custom", input: value, message: fault });
    })
    .meta({ minLength: rule.min ?? 1, maxLength: rule.max });
}

/** One line, compared exactly: names of events, of causes, of what somebody searches for by its whole name. */
export const exactText = (max = MOST_NAME_LENGTH) => checked(z.string(), { max });

/** One line that a person gave to something; white space around it is not part of it. */
export const titleText = (max = 100) => checked(z.string().trim(), { max });

/** What a person wrote, in lines. */
export const proseText = (max: number, min = 1) => checked(z.string().trim(), { min, max, forbidden: CONTROL_BUT_LINES });

/** Text that is looked for as a part of another one. Most control characters can be a part of what was sent. */
export const searchText = (max: number, min = 1) => checked(z.string(), { min, max, forbidden: NUL });

/** A password as it is typed; nothing of it is taken away. */
export const secretText = (min = 1, max = 1024) => checked(z.string(), { min, max, forbidden: NUL });

/** A part of a path that names something. What cannot be a name names nothing: the route answers 404. */
export const anyText = z.string();

// --- Times --------------------------------------------------------------------------------------------------------

const timeText = z
  .string()
  .check(({ value, issues }) => {
    const fault = timeFault(value);
    if (fault !== undefined) issues.push({ code: "custom", input: value, message: fault });
  })
  .meta({ format: "date-time", description: "RFC 3339, with a zone" });

/** A time in a body. It comes out as UTC in ms, which `Date` reads the same everywhere. */
export const timeInBody = timeText.transform((text) => new Date(parseRfc3339(text)).toISOString());

/** A time in a query. A `+` that was not percent-encoded arrives as a blank, and is taken for what was meant. It comes out as a date. */
export const timeInQuery = z.preprocess(
  (sent) => (typeof sent === "string" ? sent.replace(/ (\d\d:\d\d)$/, "+$1") : sent),
  timeText.transform((text) => new Date(parseRfc3339(text))),
);

/** A time in an answer. */
export const timeShown = z.string().describe("RFC 3339, UTC");

// --- Counts -------------------------------------------------------------------------------------------------------

/** What a Postgres `int4`, and MongoDB's `limit` and `skip`, can hold. */
export const MOST_COUNT = 2_147_483_647;

/** A whole number in a body. */
export function whole(min = 0, max = MOST_COUNT) {
  const fault = `must be a whole number from ${min} to ${max}`;
  return z.int(fault).min(min, fault).max(max, fault);
}

/** A whole number in a query or path: decimal digits, and nothing else that `Number` would take. */
export function wholeInQuery(min = 0, max = MOST_COUNT) {
  return z.preprocess((sent) => (typeof sent === "string" && /^-?\d{1,16}$/.test(sent) ? Number(sent) : sent), whole(min, max));
}

/** A count in an answer. */
export const countShown = z.number().int().min(0);

// --- Ids ----------------------------------------------------------------------------------------------------------

export const tenantIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "must have 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit")
  .describe("Tenant id");

/** Of users, jobs and replays. */
export const uuid = z.guid("must be a UUID, like 0192e4a0-0000-7000-8000-000000000000");

/** Of a dead letter: 24 bytes. */
export const letterId = z.string().regex(/^[0-9a-f]{48}$/i, "is not the id of a dead letter, which has 48 hexadecimal digits");

/** Where a page ended; only this server reads it. */
export const cursor = exactText(500).describe("nextCursor of the page before");

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .check(({ value, issues }) => {
    const fault = textFault(value, { max: 320 }) ?? (/^[^\s@]+@[^\s@]+$/.test(value) ? undefined : "must be an e-mail address");
    if (fault !== undefined) issues.push({ code: "custom", input: value, message: fault });
  })
  .meta({ minLength: 3, maxLength: 320, format: "email", description: "An e-mail address" });

// --- JSON ---------------------------------------------------------------------------------------------------------

/** Levels of JSON that people write into a body. Postgres ends a statement whose JSON is nested thousands of levels deep. */
const MOST_LEVELS = 64;

/** What no store can keep of a JSON value, in words that follow its name; undefined when nothing is. */
export function jsonFault(value: unknown, levels = MOST_LEVELS): string | undefined {
  if (typeof value === "string")
    return NUL.test(value) ? "has a text with U+0000" : value.isWellFormed() ? undefined : "has a text with half a surrogate pair";
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "has a number that is too large";
  if (value === null || typeof value !== "object") return undefined;
  if (levels === 0) return `is nested deeper than ${MOST_LEVELS} levels`;
  for (const [key, member] of Object.entries(value)) {
    const fault = jsonFault(key) ?? jsonFault(member, levels - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A JSON object that somebody else defines, kept as it is. */
export const jsonObject = z.looseObject({}).check(({ value, issues }) => {
  const fault = jsonFault(value);
  if (fault !== undefined) issues.push({ code: "custom", input: value, message: fault });
});
