/**
 * The one reader of times that people and programs send: RFC 3339 with a zone, in sending, reading and replay alike. A lower-case
 * `t` or `z`, a blank for the `T`, and leap seconds are part of RFC 3339.
 */

/** The usual form, on days that every month has: `Date.parse` alone is right then, and three times cheaper. */
const USUAL_TIME = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const DAY_MS = 86_400_000;
/** What Postgres, BSON and four digits of a year can all hold. */
const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

export const NO_TIME = "must be an RFC 3339 time with a zone, like 2026-01-31T12:00:00Z";

/** @returns ms since 1970 (a leap second counts as the next second), NaN when it is no RFC 3339 time with a zone */
export function parseRfc3339(text: string): number {
  if (USUAL_TIME.test(text)) return Date.parse(text);
  const read = readTime(text);
  return typeof read === "number" ? read : Number.NaN;
}

/** What is wrong with a time, in words that follow its name; undefined when nothing is. */
export function timeFault(text: string): string | undefined {
  const read = readTime(text);
  return typeof read === "number" ? undefined : read;
}

/** @returns ms since 1970, or what is wrong */
function readTime(text: string): number | string {
  const parts = RFC3339.exec(text);
  if (!parts) return formFault(text);
  const [, year, month, day, hour, minute, second, fraction = "", zone] = parts as unknown as string[];
  if (year === "0000") return "has the year 0000; years are 0001 to 9999";
  if (!within(month, 1, 12)) return `has the month ${month}; months are 01 to 12`;
  const days = daysOf(Number(year), Number(month));
  if (!within(day, 1, days)) return `has the day ${day}, which does not exist: ${year}-${month} has ${days} days`;
  if (!within(hour, 0, 23)) return `has the hour ${hour}; hours are 00 to 23`;
  if (!within(minute, 0, 59)) return `has the minute ${minute}; minutes are 00 to 59`;
  if (!within(second, 0, 60)) return `has the second ${second}; seconds are 00 to 59`;
  if (!/^([Zz]|.([01]\d|2[0-3]):[0-5]\d)$/.test(zone as string)) return `has the offset ${zone}; offsets are -23:59 to +23:59`;
  const leap = second === "60";
  // Whole milliseconds only: V8 misreads a fraction of ten digits (".0002000000" as 2 ms).
  const at = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${leap ? "59" : second}${fraction.slice(0, 4)}${(zone as string).toUpperCase()}`,
  );
  // In whichever zone it is written, a leap second is the last one of a day in UTC.
  if (leap && ((at % DAY_MS) + DAY_MS) % DAY_MS < DAY_MS - 1000) return "has the second 60; a leap second is at 23:59:60 UTC only";
  const ms = leap ? at + 1000 : at;
  return ms < FIRST_MS || ms > LAST_MS ? "is not within the years 0001 to 9999 in UTC" : ms;
}

function within(digits: string | undefined, least: number, most: number): boolean {
  return Number(digits) >= least && Number(digits) <= most;
}

/** Days of a month, in a year from 1. */
function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** What a text lacks that does not have the form of a time at all. */
function formFault(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${NO_TIME}; it has no time of day`;
  if (/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)) return `${NO_TIME}; it has no zone: add Z, or an offset like +01:00`;
  if (/^[+-]?\d{5,}-/.test(text) || text.startsWith("-")) return `${NO_TIME}; its year does not have four digits`;
  return NO_TIME;
}
