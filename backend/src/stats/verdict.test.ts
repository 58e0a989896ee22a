import { describe, expect, it } from "vitest";
import { someDepth } from "./testing.js";
import { verdictOf } from "./verdict.js";

const nowMs = Date.parse("2026-11-21T14:03:00Z");
const ledger = {
  atMs: nowMs,
  closedUntilMs: nowMs,
  missing: 0,
  surplus: 0,
  acknowledged: 0,
  alarms: [],
  check: null,
  missingSinceMs: null,
};
const none = someDepth().totals;
const sentence = (parts: Parameters<typeof someDepth>[0], summary: Partial<typeof ledger> = {}) =>
  verdictOf(someDepth(parts), { ...ledger, ...summary }, nowMs).sentence;

describe("the verdict's sentence", () => {
  it("names late duplicates among what became of accepted events, where there are some", () => {
    const totals = { ...none, accepted: 10, stored: 7, dead: 1 };
    expect(sentence({ totals })).toBe("Nothing is missing: all 10 accepted events are stored or dead letters.");
    expect(sentence({ totals: { ...totals, duplicate: 2 } })).toBe(
      "Nothing is missing: all 10 accepted events are stored, duplicates or dead letters.",
    );
    expect(sentence({ totals: { ...totals, duplicate: 1 }, backlogEvents: 1 })).toBe(
      "Nothing is missing: of 10 events accepted, 1 is in flight, all others are stored, duplicates or dead letters.",
    );
  });

  it("does not count what was recognised on its way in: it was never accepted", () => {
    expect(sentence({ totals: { ...none, accepted: 2, stored: 2, deduped: 5 } })).not.toContain("duplicate");
  });

  it("says of the only event what it is", () => {
    expect(sentence({ totals: { ...none, accepted: 1, stored: 1 } })).toContain("the one accepted event is stored or a dead letter.");
    expect(sentence({ totals: { ...none, accepted: 1, duplicate: 1 } })).toContain("the one accepted event is a duplicate.");
  });

  it("calls nothing complete while events have gone from sight and their minute is open", () => {
    const totals = { ...none, accepted: 10, stored: 7 };
    const gone = (parts: object, summary = {}) =>
      verdictOf(someDepth({ totals, goneEvents: 3, ...parts }), { ...ledger, ...summary }, nowMs);
    expect(gone({ goneSinceMs: nowMs })).toMatchObject({
      verdict: "unknown",
      sentence: expect.stringContaining("3 events are neither"),
    });
    expect(gone({ goneSinceMs: nowMs }, { acknowledged: 3 }).verdict).toBe("complete");
    // By then the ledger has them as missing, or explains them.
    expect(gone({ goneSinceMs: nowMs - 1_000 }, { closedUntilMs: nowMs - 1 }).verdict).toBe("unknown");
    expect(gone({ goneSinceMs: nowMs - 1_000 }, { closedUntilMs: nowMs }).verdict).toBe("complete");
  });

  it("says times in the form in which the dashboard finds them", () => {
    const missing = verdictOf(someDepth(), { ...ledger, missing: 1, missingSinceMs: nowMs } as never, nowMs).sentence;
    expect(missing).toContain("1 event is missing since 2026-11-21 14:03:00 UTC: accepted, yet");
  });
});
