import { api, ok } from "./client.js";

export const LIVE_STATS_PATH = "/v1/stats/live";

/** Series for the chart: events a second, oldest first. */
export const getHistory = (minutes: number) => ok(api.GET("/v1/stats/history", { params: { query: { minutes } } }));

/** Open dead letters, grouped by reason and fingerprint. */
export const getDeadLetterReasons = () => ok(api.GET("/v1/admin/dlq/reasons", { params: { query: { limit: 50 } } }));
