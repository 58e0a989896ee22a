import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_TIME, parseRfc3339, timeFault } from "./time.js";

describe("times", () => {
  test("every date that has one is understood, in any zone and with any fraction", () => {
    const date = fc.date({ min: new Date(0), max: new Date("2026-06-01T23:59:59.999Z"), noInvalidDate: true });
    fc.assert(
      fc.property(
        date,
        fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 }),
        fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 9 }),
        (at, zone, more) => {
          const local = new Date(at.getTime() + zone * 60_000).toISOString().slice(0, -1);
          fc.pre(/^\d{4}-/.test(local));
          const pad = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
          const offset = `${zone < 0 ? "-" : "+"}${pad(zone / 60)}:${pad(zone % 60)}`;
          expect(parseRfc3339(`${local}${more}${offset}`)).toBe(at.getTime());
          expect(parseRfc3339(`${at.toISOString().slice(0, -1)}${more}z`.replace("T", "t"))).toBe(at.getTime());
          expect(parseRfc3339(at.toISOString())).toBe(at.getTime());
        },
      ),
    );
  });

  test.each([
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "9999-12-31T23:59:60Z",
    "-271821-04-20T00:00:00Z",
    "+275760-09-13T00:00:00Z",
    "2026-06-30T12:00:60Z",
    "2026-06-30T23:59:60+01:00",
    "2026-01-01T00:00:00+99:99",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-13-10T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-29T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "2026-01-01T00:00Z",
    "2026-1-1T00:00:00Z",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+01:60",
    "2026-01-01T00:00:00+0100",
    " 2026-01-01T00:00:00Z",
    "+02026-01-01T00:00:00Z",
    "",
  ])("%s is none, and it is said why", (text) => {
    expect(parseRfc3339(text)).toBeNaN();
    expect(timeFault(text)).toBeTruthy();
  });

  test("a leap second is the next second; 29 February is one in a leap year only", () => {
    expect(parseRfc3339("2016-12-31T23:59:60Z")).toBe(Date.UTC(2017, 0, 1));
    expect(parseRfc3339("2024-02-29T00:00:00Z")).toBe(Date.UTC(2024, 1, 29));
    expect(parseRfc3339("1900-02-29T00:00:00Z")).toBeNaN();
  });

  test("a leap second is read in every zone, with a fraction, in every spelling", () => {
    const next = Date.UTC(2026, 6, 1);
    expect(parseRfc3339("2026-06-30t23:59:60z")).toBe(next);
    expect(parseRfc3339("2026-06-30 16:59:60.5-07:00")).toBe(next + 500);
    expect(parseRfc3339("0001-01-01T00:00:00Z")).toBe(Date.parse("0001-01-01T00:00:00Z"));
    expect(parseRfc3339("9999-12-31T23:59:59.999Z")).toBe(Date.parse("9999-12-31T23:59:59.999Z"));
  });

  test.each([
    ["2026-02-30T00:00:00Z", "has the day 30, which does not exist: 2026-02 has 28 days"],
    ["2026-13-01T00:00:00Z", "has the month 13; months are 01 to 12"],
    ["2026-01-01T24:00:00Z", "has the hour 24; hours are 00 to 23"],
    ["2026-01-01T00:00:00+24:00", "has the offset +24:00; offsets are -23:59 to +23:59"],
    ["0000-01-01T00:00:00Z", "has the year 0000; years are 0001 to 9999"],
    ["9999-12-31T23:59:59-23:59", "is not within the years 0001 to 9999 in UTC"],
    ["2026-01-01", `${NO_TIME}; it has no time of day`],
    ["2026-01-01T00:00:00", `${NO_TIME}; it has no zone: add Z, or an offset like +01:00`],
    ["-271821-04-20T00:00:00Z", `${NO_TIME}; its year does not have four digits`],
    ["yesterday", NO_TIME],
  ])("%s %s", (text, fault) => {
    expect(timeFault(text)).toBe(fault);
  });
});
