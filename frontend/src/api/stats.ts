import { api, ok } from "./client.js";

export const LIVE_STATS_PATH = "/v1/stats/live";

/** Series for the chart: events a second, oldest first. */
export const getHistory = (minutes: number) => ok(api.GET("/v1/stats/history", { params: { query: { minutes } } }));

/** As many causes as are counted for the live page. */
export const MOST_REASONS = 50;

/** Open dead letters, grouped by reason and fingerprint; of all tenants when none is named. */
export const getDeadLetterReasons = (tenantId: string | undefined) =>
  ok(api.GET("/v1/admin/dlq/reasons", { params: { query: { tenantId, limit: MOST_REASONS } } }));

/** Events that wait for their next attempt, those that are due next first. */
export const getWaitingRetries = (tenantId: string | undefined) =>
  ok(api.GET("/v1/admin/retries", { params: { query: { tenantId, limit: 50 } } }));
