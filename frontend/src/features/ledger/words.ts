import type { Alarm, AlarmKind, Check, Ledger, Stats } from "@streamforge/shared";
import { formatCount, plural } from "../../lib/format.js";
import { formatFull } from "../../lib/zone.js";
import type { Tone } from "../../ui/badge.js";

/** What the ledger says about a range, in a sentence that holds without the table. */
export interface Sentence {
  tone: Tone;
  headline: string;
  detail: string;
}

type Total = Pick<Ledger["total"], "accepted" | "stored" | "duplicate" | "dead" | "inFlight" | "missing" | "acknowledged">;

export interface Grounds {
  /** The first minute with a missing event, in words. */
  since?: string | undefined;
  /** Accepted events that no minute shows, because Redis lost the rows with them. */
  unaccounted?: number;
  /** Why minutes that add up prove nothing now, see `doubtOf`. */
  doubt?: string | null | undefined;
}

/** What the minutes of a range add up to, and what follows from it. */
export function sentenceOf(total: Total, { since, unaccounted = 0, doubt }: Grounds = {}): Sentence {
  const { accepted, stored, duplicate, dead, inFlight, missing, acknowledged } = total;
  if (accepted === 0 && unaccounted === 0 && !doubt)
    return { tone: "neutral", headline: "Nothing was accepted in this time", detail: "So nothing can be missing from it." };
  const parts = [
    `${formatCount(stored)} stored`,
    duplicate > 0 && `${plural(duplicate, "duplicate")}`,
    dead > 0 && `${plural(dead, "dead letter")}`,
    inFlight > 0 && `${formatCount(inFlight)} on ${inFlight === 1 ? "its" : "their"} way`,
  ].filter(Boolean);
  const sum = `Of ${plural(accepted, "accepted event")}: ${parts.join(", ")}.`;
  if (missing > 0 && acknowledged >= missing) {
    return {
      tone: "warn",
      headline: `${plural(missing, "event")} missing, and known`,
      detail: `${sum} An operator has acknowledged the loss.`,
    };
  }
  if (missing > 0) {
    return {
      tone: "bad",
      headline: `${plural(missing, "event")} missing${since ? `, first in the minute of ${since}` : ""}`,
      detail: `${sum} Accepted, on disk at that time, and neither stored nor a dead letter: Redis was restored from an older state or emptied, or somebody deleted stream entries by hand. Producers that keep their copies can send that time again; what is there already counts as a duplicate.`,
    };
  }
  if (unaccounted > 0) {
    return {
      tone: "warn",
      headline: `${plural(unaccounted, "event")} in no minute`,
      detail: `${accepted > 0 ? `${sum} ` : ""}Redis lost their minutes; how many of them were stored is known from the totals alone. The alarm says what to do.`,
    };
  }
  if (doubt) return { tone: "warn", headline: "Not known to be complete", detail: doubt };
  if (inFlight > 0)
    return {
      tone: "good",
      headline: "Nothing is missing",
      detail: `${sum} Minutes with events on their way are judged when those are settled.`,
    };
  return { tone: "good", headline: "Nothing is missing", detail: sum };
}

/** The same when nobody can say it now: "nothing is missing" must never be read off a page that nobody feeds. @param asOf when it was read, in words */
export const notNow = ({ headline, detail }: Sentence, asOf: string): Sentence => ({
  tone: "warn",
  headline: "Not known right now",
  detail: `As of ${asOf}: ${headline}. ${detail}`,
});

/** What stands in place of the minutes when there are none. All is clear only where the sentence above says so. */
export function emptyWords(only: boolean, { tone }: Pick<Sentence, "tone">): { title: string; text: string } {
  if (tone === "neutral") return { title: "No event was accepted in this time", text: "Choose a longer time, or send one." };
  const title = only ? "Not a minute with something missing" : "Not a minute with events";
  const clear = only && tone === "good";
  return { title, text: clear ? "In the chosen time every accepted event is accounted for." : "What is known of this time stands above." };
}

/**
 * Why minutes that add up are no proof now: the rows of what Redis lost may be lost with it.
 * @param alarms as they were read last; they may be newer than the live figures, or older
 */
export function doubtOf(alarms: readonly Alarm[] | undefined, live: Stats["ledger"] | undefined): string | null {
  const open = [...(alarms?.filter(({ acknowledged }) => !acknowledged) ?? []), ...(live?.alarms ?? [])];
  const loss = open.find(({ kind }) => kind !== "events-missing");
  if (loss) return "Redis lost data, and its rows of the ledger may be among them. An alarm says how many events that can be.";
  return live?.verdict === "unknown" ? live.sentence : null;
}

/** What has happened, before the sentence that says it with its figures. */
export const alarmWords: Record<AlarmKind, string> = {
  "redis-empty": "Redis forgot everything",
  "redis-older": "Redis came back with an older state",
  "redis-other": "Redis holds another data set",
  "events-missing": "Closed minutes do not add up",
};

/** How sure the figure of what came after the last sample is. */
export function basisWords({ sinceBasis, countedBy }: Pick<Alarm["bound"], "sinceBasis" | "countedBy">): string {
  if (sinceBasis === "counted") return `counted by ${plural(countedBy, "API process", "API processes")}`;
  return sinceBasis === "estimated" ? "estimated from the rate before" : "not a loss of Redis";
}

/** A sentence of the API with its times in the reader's zone: the API says UTC, and the table below does not. */
export const timesInZone = (sentence: string) =>
  sentence.replace(/(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z| UTC)?/g, (_, day, time) =>
    formatFull(Date.parse(`${day}T${time}Z`)).replace(/\.\d{3}/, ""),
  );

/** The outcome of a count; of one that had nothing to compare, that. */
export const checkWords = ({ status, days, sentence }: Pick<Check, "status" | "days" | "sentence">) =>
  status === "agrees" && days === 0 ? "No minute was closed yet, so there was nothing to compare." : timesInZone(sentence);

/** What has happened and what it can have cost. */
export const alarmTitle = ({ kind, upTo }: Pick<Alarm, "kind" | "upTo">) =>
  `${alarmWords[kind]}: ${upTo === 0 ? "no accepted event is lost" : `up to ${plural(upTo, "event")} lost`}`;
