import type { Alarm, Stats } from "@streamforge/shared";
import { expect, it } from "vitest";
import { setZone } from "../../lib/zone.js";
import { basisWords, doubtOf, emptyWords, notNow, sentenceOf, timesInZone } from "./words.js";

const total = { accepted: 1000, stored: 990, duplicate: 4, dead: 6, inFlight: 0, missing: 0, acknowledged: 0 };

it("says that nothing is missing, and what became of it all", () => {
  expect(sentenceOf(total)).toEqual({
    tone: "good",
    headline: "Nothing is missing",
    detail: "Of 1,000 accepted events: 990 stored, 4 duplicates, 6 dead letters.",
  });
});

it("says what is missing since when, in red", () => {
  const sentence = sentenceOf({ ...total, stored: 989, missing: 1 }, { since: "14:03" });
  expect(sentence).toMatchObject({ tone: "bad", headline: "1 event missing, first in the minute of 14:03" });
});

it("does not take what is on its way for missing", () => {
  expect(sentenceOf({ ...total, stored: 988, inFlight: 2 })).toMatchObject({ tone: "good", headline: "Nothing is missing" });
});

it("claims nothing about a time without events", () => {
  const none = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, acknowledged: 0 };
  expect(sentenceOf(none).tone).toBe("neutral");
});

it("says how sure the bound is", () => {
  expect(basisWords({ sinceBasis: "counted", countedBy: 1 })).toBe("counted by 1 API process");
  expect(basisWords({ sinceBasis: "counted", countedBy: 2 })).toBe("counted by 2 API processes");
  expect(basisWords({ sinceBasis: "estimated", countedBy: 0 })).toContain("estimated");
});

it("never says that nothing is missing while Redis has lost minutes", () => {
  expect(sentenceOf(total, { unaccounted: 3 })).toMatchObject({ tone: "warn", headline: "3 events in no minute" });
  const none = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, acknowledged: 0 };
  expect(sentenceOf(none, { unaccounted: 1 })).toMatchObject({ tone: "warn", detail: expect.stringMatching(/^Redis lost their minutes/) });
});

it("is not in red about what somebody has acknowledged, as long as that is all", () => {
  expect(sentenceOf({ ...total, missing: 2, acknowledged: 2 }, { since: "14:03" })).toMatchObject({
    tone: "warn",
    headline: "2 events missing, and known",
  });
  expect(sentenceOf({ ...total, missing: 2, acknowledged: 1 }, { since: "14:03" }).tone).toBe("bad");
});

it("says the API's times in the reader's zone", () => {
  setZone("Asia/Tokyo");
  expect(timesInZone("lost between 2026-11-21T15:36:00.000Z and 2026-11-21 15:36:01 UTC.")).toBe(
    "lost between 22 Nov 2026, 00:36:00 GMT+9 and 22 Nov 2026, 00:36:01 GMT+9.",
  );
});

it("calls nothing complete while a loss of Redis is open, or what is true is not known", () => {
  const loss = { kind: "redis-empty", acknowledged: null } as Alarm;
  const live = { missing: 0, acknowledged: 0, alarms: [], verdict: "complete", sentence: "Nothing is missing." } satisfies Stats["ledger"];
  const doubt = doubtOf([loss], live);
  expect(sentenceOf(total, { doubt })).toMatchObject({ tone: "warn", headline: "Not known to be complete" });
  const none = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, acknowledged: 0 };
  expect(sentenceOf(none, { doubt }).tone).toBe("warn");
  // Those who may not read alarms know it from the live figures.
  expect(
    doubtOf(undefined, { ...live, verdict: "missing", alarms: [{ ...loss, id: "a", sentence: "", upTo: 3, noticedAt: "" }] }),
  ).not.toBeNull();
  expect(doubtOf([], { ...live, verdict: "unknown", sentence: "Redis does not answer." })).toBe("Redis does not answer.");
  expect(doubtOf([{ ...loss, acknowledged: { at: "", by: "", note: "" } }], live)).toBeNull();
  expect(doubtOf(undefined, undefined)).toBeNull();
});

it("says nothing is missing of the past only, when it cannot be asked now", () => {
  expect(notNow(sentenceOf(total), "14:03:07")).toEqual({
    tone: "warn",
    headline: "Not known right now",
    detail: "As of 14:03:07: Nothing is missing. Of 1,000 accepted events: 990 stored, 4 duplicates, 6 dead letters.",
  });
});

it("gives the all-clear in place of an empty list only where the verdict gives it", () => {
  const clear = /every accepted event is accounted for/;
  expect(emptyWords(true, sentenceOf(total)).text).toMatch(clear);
  const less = [
    sentenceOf({ ...total, stored: 989, missing: 1 }),
    sentenceOf({ ...total, stored: 989, missing: 1, acknowledged: 1 }),
    sentenceOf(total, { unaccounted: 3 }),
    sentenceOf(total, { doubt: "Redis does not answer." }),
    notNow(sentenceOf(total), "14:03:07"),
  ];
  for (const sentence of less) expect(emptyWords(true, sentence).text, sentence.headline).not.toMatch(clear);
  expect(emptyWords(false, sentenceOf({ ...total, accepted: 0 })).title).toBe("No event was accepted in this time");
  expect(emptyWords(false, sentenceOf({ ...total, accepted: 0 }, { unaccounted: 3 })).title).toBe("Not a minute with events");
});
