import { expect, it } from "vitest";
import { setZone } from "../../lib/zone.js";
import { basisWords, sentenceOf, timesInZone } from "./words.js";

const total = { accepted: 1000, stored: 990, duplicate: 4, dead: 6, inFlight: 0, missing: 0, acknowledged: 0 };

it("says that nothing is missing, and what became of it all", () => {
  expect(sentenceOf(total, undefined)).toEqual({
    tone: "good",
    headline: "Nothing is missing",
    detail: "Of 1,000 accepted events: 990 stored, 4 duplicates, 6 dead letters.",
  });
});

it("says what is missing since when, in red", () => {
  const sentence = sentenceOf({ ...total, stored: 989, missing: 1 }, "14:03");
  expect(sentence).toMatchObject({ tone: "bad", headline: "1 event missing, first in the minute of 14:03" });
});

it("does not take what is on its way for missing", () => {
  expect(sentenceOf({ ...total, stored: 988, inFlight: 2 }, undefined)).toMatchObject({ tone: "good", headline: "Nothing is missing" });
});

it("claims nothing about a time without events", () => {
  const none = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, acknowledged: 0 };
  expect(sentenceOf(none, undefined).tone).toBe("neutral");
});

it("says how sure the bound is", () => {
  expect(basisWords({ sinceBasis: "counted", countedBy: 1 })).toBe("counted by 1 API process");
  expect(basisWords({ sinceBasis: "counted", countedBy: 2 })).toBe("counted by 2 API processes");
  expect(basisWords({ sinceBasis: "estimated", countedBy: 0 })).toContain("estimated");
});

it("never says that nothing is missing while Redis has lost minutes", () => {
  expect(sentenceOf(total, undefined, 3)).toMatchObject({ tone: "warn", headline: "3 events in no minute" });
  const none = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, acknowledged: 0 };
  expect(sentenceOf(none, undefined, 1).tone).toBe("warn");
});

it("is not in red about what somebody has acknowledged, as long as that is all", () => {
  expect(sentenceOf({ ...total, missing: 2, acknowledged: 2 }, "14:03")).toMatchObject({
    tone: "warn",
    headline: "2 events missing, and known",
  });
  expect(sentenceOf({ ...total, missing: 2, acknowledged: 1 }, "14:03").tone).toBe("bad");
});

it("says the API's times in the reader's zone", () => {
  setZone("Asia/Tokyo");
  expect(timesInZone("lost between 2026-11-21T15:36:00.000Z and 2026-11-21 15:36:01 UTC.")).toBe(
    "lost between 22 Nov 2026, 00:36:00 GMT+9 and 22 Nov 2026, 00:36:01 GMT+9.",
  );
});
