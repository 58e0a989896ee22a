import { z } from "zod";
import { countShown, timeShown as time } from "./vocabulary.js";

/** Events that failed and wait for their next attempt: `GET /v1/admin/retries`. */

export const waitingRetrySchema = z.object({
  eventId: z.string(),
  id: z.string().describe("UUIDv8 of the event"),
  tenantId: z.string(),
  attempt: countShown.describe("Attempts so far that failed for the event's own sake; outages count none"),
  dueAt: time,
  receivedAt: time,
  message: z.string().nullable().describe("Of the last failure; null when none was kept (an outage that hit many)"),
  reasonCode: z.string().nullable(),
});
export type WaitingRetry = z.infer<typeof waitingRetrySchema>;
export const retriesSchema = z.object({
  count: countShown,
  exact: z.boolean().describe("false: there are too many to look at each; count is how many of this tenant were seen"),
  nextDueAt: time.nullable(),
  oldestReceivedAt: time.nullable(),
  items: z.array(waitingRetrySchema).describe("Those that are due next"),
});
export type Retries = z.infer<typeof retriesSchema>;
