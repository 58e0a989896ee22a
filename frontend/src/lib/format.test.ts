import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatAxis,
  formatBytes,
  formatDuration,
  formatLatency,
  formatRate,
  formatShare,
  formatShort,
  plural,
} from "./format.js";

describe("rates", () => {
  it.each([
    [0, "0"],
    [0.01, "<0.1"],
    [0.5, "0.5"],
    [9.94, "9.9"],
    [9.96, "10"],
    [1234.4, "1,234"],
    [123456, "123,456"],
  ])("%d a second reads %s", (rate, text) => expect(formatRate(rate)).toBe(text));

  it.each([
    [0, "0"],
    [0.5, "0.5"],
    [950, "950"],
    [1200, "1.2k"],
    [2_500_000, "2.5M"],
  ])("%d on the axis reads %s", (value, text) => expect(formatAxis(value)).toBe(text));
});

describe("durations", () => {
  it.each([
    [null, "–"],
    [Number.POSITIVE_INFINITY, "–"],
    [0, "0 s"],
    [0.21, "0.2 s"],
    [7, "7 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [200, "3 min 20 s"],
    [3600, "1 h"],
    [7500, "2 h 5 min"],
    [86_400 * 4 + 3 * 3600, "4 d 3 h"],
  ])("%s seconds read %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [null, "–"],
    [0.84, "0.8 ms"],
    [9.96, "10 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [812_344, "13 min 32 s"],
  ])("a latency of %s ms reads %s", (ms, text) => expect(formatLatency(ms)).toBe(text));
});

describe("sizes, ages, numbers of things", () => {
  it.each([
    [0, "0 B"],
    [512, "512 B"],
    [12.5 * 1024 * 1024, "12.5 MiB"],
    [2 * 1024 ** 3, "2.0 GiB"],
    [200 * 1024 ** 2, "200 MiB"],
  ])("%d bytes read %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("tells how long ago or until when, and takes a minute ahead for clocks that differ", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    expect(formatAgo("2026-11-21T12:00:05Z", now)).toBe("just now");
    expect(formatAgo("2026-11-21T11:59:48Z", now)).toBe("12 s ago");
    expect(formatAgo("2026-11-21T11:00:00Z", now)).toBe("1 h ago");
    expect(formatAgo("2026-11-21T12:05:00Z", now)).toBe("in 5 min");
    expect(formatAgo("2026-11-21T13:59:55Z", now)).toBe("in 2 h");
    expect(formatAgo("2026-11-21T13:59:20Z", now)).toBe("in 1 h 59 min");
    expect(formatAgo("2026-11-28T11:40:00Z", now)).toBe("in 7 d");
    expect(formatAgo("2026-11-21T12:00:59Z", now)).toBe("just now");
    expect(formatAgo("not a time", now)).toBe("–");
  });

  it.each([
    [950, "950"],
    [1234, "1.2k"],
    [38_790, "39k"],
    [999_499, "999k"],
    [999_500, "1M"],
    [1_540_000, "1.5M"],
  ])("%d in little room is %s", (count, text) => expect(formatShort(count)).toBe(text));

  it("tells a share, and that little is not nothing", () => {
    expect([formatShare(1, 4), formatShare(1, 1000), formatShare(0, 4), formatShare(0, 0)]).toEqual(["25 %", "<1 %", "0 %", "–"]);
  });

  it("counts one and many", () => {
    expect(plural(1, "event")).toBe("1 event");
    expect(plural(1200, "event")).toBe("1,200 events");
    expect(plural(2, "entry", "entries")).toBe("2 entries");
  });
});
