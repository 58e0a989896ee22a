import { Buffer } from "node:buffer";
import type { ReplayDiff, ReplayReport } from "@streamforge/shared";
import type { Position } from "../store/cursor.js";
import type { Decision, Foreseen, Outcomes, Review } from "./decision.js";
import type { ReplayCursor, ReplayJob, ReplayProgress } from "./job.js";

const SHOWN = 20;
const SHOWN_CHARACTERS = 8_192;
const WINDOW = 100;

/** How far a job is, as its row will say. */
export interface Progress {
  readonly processed: number;
  readonly cursor: ReplayCursor;
  /** Behind which the next letters or events stand. */
  position(): Position | undefined;
  /** Counts decisions. They stand in the cursor until the next ones do. @param behind the last one that was looked at */
  decided(decisions: Decision[], atMs: number, behind?: Position): void;
  foreseen(found: Foreseen[], behind: Position): void;
  reviewed(reviews: Review[], behind: Position): void;
  /** More than half of the last 100 failed. */
  failsMostly(): boolean;
  row(): ReplayProgress;
}

export function createProgress(job: ReplayJob): Progress {
  const outcomes: Outcomes = { ...job.outcomes };
  const report: ReplayReport = { ...job.report };
  const cursor: ReplayCursor = { ...job.cursor };
  let processed = job.processed;

  const count = (outcome: keyof Outcomes): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    processed++;
  };
  const fail = (id: string, eventId: string, code: string, message: string): void => {
    report.codes = { ...report.codes, [code]: (report.codes?.[code] ?? 0) + 1 };
    if ((report.failures?.length ?? 0) < SHOWN)
      report.failures = [...(report.failures ?? []), { id, eventId, code, message: message.slice(0, 500) }];
  };
  const move = (behind: Position | undefined): void => {
    if (!behind) return;
    cursor.atMs = behind.atMs;
    cursor.id = behind.id.toString("hex");
  };

  return {
    get processed() {
      return processed;
    },
    cursor,
    position: () => (cursor.id === undefined ? undefined : { atMs: cursor.atMs as number, id: Buffer.from(cursor.id, "hex") }),
    decided(decisions, atMs, behind) {
      for (const { id, eventId, outcome, code = "UNPROCESSABLE", message = "" } of decisions) {
        count(outcome);
        if (outcome === "failed") fail(id, eventId, code, message);
        if (outcome !== "skipped") cursor.recent = ((cursor.recent ?? "") + (outcome === "failed" ? "f" : ".")).slice(-WINDOW);
      }
      cursor.decided = { atMs, decisions: decisions.filter(({ claimed }) => claimed) };
      delete cursor.deaths;
      delete cursor.suspect;
      delete cursor.suspectDeaths;
      move(behind);
    },
    foreseen(found, behind) {
      for (const one of found) {
        count(one.outcome);
        if (one.outcome === "failed") fail(one.id, one.eventId, one.code ?? "UNPROCESSABLE", one.message ?? "");
        if ((report.diffs?.length ?? 0) < SHOWN) report.diffs = [...(report.diffs ?? []), diffOf(one)];
      }
      move(behind);
    },
    reviewed(reviews, behind) {
      for (const { id, eventId, failure, change } of reviews) {
        count(failure ? "failed" : change ? "updated" : "unchanged");
        if (failure) fail(id, eventId, failure.code, failure.message);
      }
      cursor.reviewed = job.mode === "dry-run" ? [] : reviews.filter(({ change }) => change !== undefined);
      move(behind);
    },
    failsMostly: () => (cursor.recent?.length ?? 0) >= WINDOW && (cursor.recent as string).replaceAll(".", "").length > WINDOW / 2,
    row: () => ({ processed, outcomes, report, cursor }),
  };
}

function diffOf({ id, eventId, before, after, outcome, code, message }: Foreseen): ReplayDiff {
  const cut = (text: string): string => (text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
  return { letterId: id, eventId, before: cut(before), after: cut(after), would: outcome, code, message };
}
