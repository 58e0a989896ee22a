import { describe, expect, it } from "vitest";
import { setZone } from "../../lib/zone.js";
import { someStats } from "./testing.js";
import { dependenciesOf, drainWords, isEmpty, splitSentence, verdictOf } from "./words.js";

const live = { kind: "live" } as const;

describe("the verdict", () => {
  it("makes a headline of the sentence's beginning", () => {
    expect(verdictOf(someStats(), live)).toEqual({
      tone: "good",
      headline: "Nothing is missing",
      sentence: "100 accepted, 90 stored, 10 duplicates.",
    });
  });

  it("never claims completeness of stale figures", () => {
    const verdict = verdictOf(someStats(), { kind: "stale", ageSeconds: 7 });
    expect(verdict.tone).toBe("warn");
    expect(verdict.headline).not.toContain("Nothing is missing");
    expect(verdict.sentence).toMatch(/^As of 7 s ago: Nothing is missing/);
  });

  it("is alarmed about missing events, also without a sentence", () => {
    const verdict = verdictOf(someStats({ ledger: { missing: 12, acknowledged: 0, alarms: [], verdict: "missing", sentence: "" } }), live);
    expect(verdict).toMatchObject({ tone: "bad", headline: "12 events missing" });
  });

  it("is not green when nothing is known", () => {
    expect(
      verdictOf(someStats({ ledger: { missing: 0, acknowledged: 0, alarms: [], verdict: "unknown", sentence: "Redis lost data" } }), live)
        .tone,
    ).toBe("warn");
  });

  it("says times in the reader's zone, in the headline, too", () => {
    setZone("Asia/Tokyo");
    const sentence = "1 event is missing since 2026-11-21 14:03:00 UTC: accepted, yet neither stored nor a dead letter.";
    const ledger = { missing: 1, acknowledged: 0, alarms: [], verdict: "missing" as const, sentence };
    expect(verdictOf(someStats({ ledger }), live).headline).toBe("1 event is missing since 21 Nov 2026, 23:03:00 GMT+9");
    expect(verdictOf(someStats({ ledger }), { kind: "stale", ageSeconds: 90 }).sentence).toMatch(
      /^As of 1 min 30 s ago: 1 event is missing since 21 Nov 2026, 23:03:00 GMT\+9:/,
    );
    setZone("browser");
  });

  it.each([
    ["Nothing is missing.", ["Nothing is missing", ""]],
    ["Nothing is missing", ["Nothing is missing", ""]],
    ["Nothing is missing – 3 are on their way.", ["Nothing is missing", "3 are on their way."]],
    ["Nothing is missing. All of 1,234.5 is there.", ["Nothing is missing", "All of 1,234.5 is there."]],
  ])("splits %j", (sentence, parts) => expect(splitSentence(sentence)).toEqual(parts));
});

describe("the backlog in words", () => {
  const backlog = { events: 10, oldestAgeSeconds: 30, drainEtaSeconds: 12, retrying: 0 };
  it("says when it will be empty", () => expect(drainWords(backlog)).toEqual({ text: "Empty in about 12 s", tone: "neutral" }));
  it("warns when it does not shrink", () =>
    expect(drainWords({ ...backlog, drainEtaSeconds: null })).toEqual({ text: "Not shrinking", tone: "warn" }));
  it("is calm about what came in a moment ago", () =>
    expect(drainWords({ ...backlog, oldestAgeSeconds: 0.4, drainEtaSeconds: null })).toEqual({ text: "Keeping up", tone: "good" }));
  it("is calm when it is empty", () => expect(drainWords({ ...backlog, events: 0, drainEtaSeconds: null }).tone).toBe("good"));
});

describe("the servers", () => {
  it("shows Redis's memory against its limit only where it has one", () => {
    const { storage } = someStats();
    expect(dependenciesOf(storage)[0]?.detail).toBe("8.2.3 · 1.0 KiB");
    expect(dependenciesOf({ ...storage, redis: { ...storage.redis, maxMemoryBytes: 2048 } })[0]?.detail).toBe("8.2.3 · 1.0 KiB of 2.0 KiB");
  });
});

it("takes a system for empty only when it never saw an event", () => {
  const none = { accepted: 0, stored: 0, dead: 0, duplicates: 0 };
  expect(isEmpty(someStats({ totals: none }))).toBe(true);
  expect(isEmpty(someStats({ totals: { ...none, dead: 1 } }))).toBe(false);
});
