import type { Stats } from "@streamforge/shared";
import { formatBytes, formatCount, formatDuration, plural } from "../../lib/format.js";
import type { Freshness } from "../../live/freshness.js";
import type { Tone } from "../../ui/badge.js";
import { timesInZone } from "../ledger/words.js";

/** What the figures mean, in words an operator can act on. */

export interface Verdict {
  tone: Tone;
  headline: string;
  sentence: string;
}

/**
 * The ledger's verdict. While the data is stale it is the past, and said to be: "nothing is missing" must never be read
 * off a screen that nobody feeds.
 */
export function verdictOf(stats: Stats, state: Freshness): Verdict {
  const { verdict, missing } = stats.ledger;
  const whole = timesInZone(stats.ledger.sentence);
  const [headline, sentence] = splitSentence(whole);
  if (state.kind === "stale") {
    return { tone: "warn", headline: "Not known right now", sentence: `As of ${formatDuration(state.ageSeconds)} ago: ${whole}` };
  }
  if (verdict === "missing") return { tone: "bad", headline: headline || `${plural(missing, "event")} missing`, sentence };
  if (verdict === "unknown") return { tone: "warn", headline: headline || "Not known", sentence };
  return { tone: "good", headline: headline || "Nothing is missing", sentence };
}

/** Cuts a sentence at its first colon, dash, semicolon or full stop, so that its beginning can stand as a headline. */
export function splitSentence(sentence: string): [headline: string, rest: string] {
  const cut = /(?:[:;.]|\s[–—-])\s+/.exec(sentence);
  if (!cut) return [sentence.replace(/\.$/, ""), ""];
  const rest = sentence.slice(cut.index + cut[0].length);
  return [sentence.slice(0, cut.index), rest.charAt(0).toUpperCase() + rest.slice(1)];
}

/** How the backlog moves. */
export function drainWords(backlog: Stats["backlog"]): { text: string; tone: Tone } {
  if (backlog.events === 0) return { text: "Nothing is waiting", tone: "good" };
  // What came in a moment ago is always on its way: a backlog is what has waited.
  if ((backlog.oldestAgeSeconds ?? 0) < 2) return { text: "Keeping up", tone: "good" };
  if (backlog.drainEtaSeconds === null) return { text: "Not shrinking", tone: "warn" };
  if (backlog.drainEtaSeconds < 1) return { text: "Empty within a second", tone: "good" };
  return { text: `Empty in about ${formatDuration(backlog.drainEtaSeconds)}`, tone: "neutral" };
}

export interface Dependency {
  name: string;
  ok: boolean;
  detail: string;
}

/** The three servers, with what an operator asks about each. */
export function dependenciesOf(storage: Stats["storage"]): Dependency[] {
  const { redis, mongodb, postgres } = storage;
  const memory =
    redis.maxMemoryBytes > 0
      ? `${formatBytes(redis.usedMemoryBytes)} of ${formatBytes(redis.maxMemoryBytes)}`
      : formatBytes(redis.usedMemoryBytes);
  return [
    { name: "Redis", ok: redis.ok, detail: [redis.version, memory].filter(Boolean).join(" · ") },
    { name: "MongoDB", ok: mongodb.ok, detail: mongodb.version },
    { name: "Postgres", ok: postgres.ok, detail: "" },
  ];
}

/** Nothing was ever sent here. */
export const isEmpty = (stats: Stats) => stats.totals.accepted + stats.totals.stored + stats.totals.dead + stats.totals.duplicates === 0;

/** One sentence for those who cannot see the chart. */
export const chartWords = (stats: Stats | null) =>
  stats
    ? `Events per second over time. Now: ${formatCount(Math.round(stats.eps.accepted))} accepted, ${formatCount(Math.round(stats.eps.stored))} stored, ${formatCount(Math.round(stats.eps.duplicates))} duplicates, ${formatCount(Math.round(stats.eps.dead))} dead.`
    : "Events per second over time.";
