import { expect, it } from "vitest";
import { sentenceOf } from "./words.js";

const total = { accepted: 1000, stored: 990, duplicate: 4, dead: 6, inFlight: 0, missing: 0 };

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
  const none = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0 };
  expect(sentenceOf(none, undefined).tone).toBe("neutral");
});
