import { describe, expect, it } from "vitest";
import { freshness, STALE_AFTER_MS } from "./freshness.js";

describe("freshness", () => {
  it("waits before the first snapshot", () => expect(freshness(null, 1000)).toEqual({ kind: "waiting" }));
  it("is live while snapshots come", () => expect(freshness(10_000, 10_000 + STALE_AFTER_MS)).toEqual({ kind: "live" }));
  it("is stale after a silence, and says for how long", () => expect(freshness(10_000, 17_900)).toEqual({ kind: "stale", ageSeconds: 7 }));
  it("is live when the browser's clock is set back", () => expect(freshness(10_000, 5000)).toEqual({ kind: "live" }));
});
