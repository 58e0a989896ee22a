import { z } from "zod";
import { countShown as countOf, proseText, timeShown as time } from "./vocabulary.js";

/** The shapes of the ledger's alarms and checks. Times are RFC 3339 UTC. */

export const alarmKinds = ["redis-empty", "redis-older", "redis-other", "events-missing"] as const;
export type AlarmKind = (typeof alarmKinds)[number];

/** An alarm as far as everybody needs it who looks at the figures. */
export const alarmBriefSchema = z.object({
  id: z.string(),
  kind: z
    .enum(alarmKinds)
    .describe(
      "redis-empty: Redis forgot everything. redis-older: it came back with an older state. redis-other: it holds another data set. events-missing: closed minutes do not add up",
    ),
  sentence: z.string().describe("What happened, with the bound of what is lost"),
  upTo: countOf.describe("Most accepted events that can be lost"),
  noticedAt: time,
});
export type AlarmBrief = z.infer<typeof alarmBriefSchema>;

export const alarmSchema = alarmBriefSchema.extend({
  from: time.describe("What was accepted before is not concerned"),
  to: time.describe("What was accepted from then on is not concerned"),
  action: z.string().describe("What to do about it"),
  bound: z.object({
    known: countOf.describe("Accepted by the last sample, not settled then, and not known to Redis any more"),
    since: countOf.describe("Accepted between the last sample and the loss"),
    sinceBasis: z
      .enum(["counted", "estimated", "none"])
      .describe(
        "counted: by the API processes that lived through it; estimated: from the rate before, nobody was there; none: not a loss of Redis",
      ),
    countedBy: countOf.describe("API processes that counted"),
    lastSampleAt: time.nullable().describe("What was settled by then is in MongoDB"),
  }),
  unaccounted: countOf.describe("Accepted events that no minute of the ledger shows, because their rows were lost with Redis"),
  noticedBy: z.string(),
  acknowledged: z.object({ at: time, by: z.string(), note: z.string() }).nullable(),
});
export type Alarm = z.infer<typeof alarmSchema>;

export const alarmListSchema = z.object({ items: z.array(alarmSchema).describe("Newest first; alarms are kept for ever") });

export const acknowledgeSchema = z.strictObject({
  note: proseText(2_000).describe("What was found out and done"),
});

/** One tenant's day in which documents and ledger differ. */
export const checkDifferenceSchema = z.object({
  tenantId: z.string(),
  day: z.string().describe("YYYY-MM-DD (UTC); `all` for the tenant's sum"),
  documents: countOf.describe("In the collection events, by receivedAt"),
  stored: countOf.describe("By the ledger"),
  resolved: countOf.describe("Dead letters whose event was stored by a replay"),
  removed: countOf.describe("Stored events that retention or an erasure has removed"),
  difference: z.number().int().describe("documents + removed − stored − resolved, beyond what the edges of the day explain"),
  explainedBy: z.string().nullable().describe("The acknowledged alarm that announced it"),
});
export type CheckDifference = z.infer<typeof checkDifferenceSchema>;

export const checkSchema = z.object({
  id: z.string(),
  status: z.enum(["running", "agrees", "differs", "failed"]),
  startedAt: time,
  finishedAt: time.nullable(),
  startedBy: z.string(),
  from: time.nullable().describe("First day that was compared; null when there was none"),
  to: time.nullable().describe("All that was accepted before was compared; null when no minute is closed"),
  tenants: countOf,
  days: countOf.describe("Days of tenants that were compared"),
  documents: countOf,
  stored: countOf,
  resolved: countOf,
  removed: countOf,
  tookMs: countOf,
  differences: z.array(checkDifferenceSchema).describe("The first 100"),
  sentence: z.string(),
});
export type Check = z.infer<typeof checkSchema>;

export const checkListSchema = z.object({ items: z.array(checkSchema).describe("Newest first") });
