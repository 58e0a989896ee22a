import type { History, ReasonGroup } from "@streamforge/shared";
import { call } from "./client.js";

export const LIVE_STATS_PATH = "/v1/stats/live";

/** Series for the chart: events a second, oldest first. */
export const getHistory = (minutes: number) => call<History>("GET", `/v1/stats/history?minutes=${minutes}`);

/** Open dead letters, grouped by reason and fingerprint. */
export const getDeadLetterReasons = () => call<{ items: ReasonGroup[] }>("GET", "/v1/admin/dlq/reasons?limit=50");
