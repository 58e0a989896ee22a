import * as z from "zod/mini";

/** Spans of time that a list can be narrowed to, in the URL as `?since=24h`; a link keeps its meaning as time passes. */
export const spans = [
  { value: "15m", label: "Last 15 min", ms: 15 * 60_000 },
  { value: "1h", label: "Last hour", ms: 3_600_000 },
  { value: "24h", label: "Last 24 h", ms: 86_400_000 },
  { value: "7d", label: "Last 7 days", ms: 7 * 86_400_000 },
  { value: "30d", label: "Last 30 days", ms: 30 * 86_400_000 },
] as const;

export type Span = (typeof spans)[number]["value"];

/** Text in a URL; what is wrong there is left out. */
export const text = z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(400))), undefined);
const time = z.catch(z.optional(z.iso.datetime({ offset: true })), undefined);

/** Search parameters of a time range: `since`, or `from` and `to` (RFC 3339). */
export const rangeSearch = {
  since: z.catch(z.optional(z.enum(spans.map(({ value }) => value) as [Span, ...Span[]])), undefined),
  from: time,
  to: time,
};

export interface Range {
  since?: Span;
  from?: string;
  to?: string;
}

/** The range in RFC 3339, for the API; absolute bounds win over a span. */
export function boundsOf({ since, from, to }: Range, nowMs: number): { from?: string; to?: string } {
  if (from || to) return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
  const ms = spans.find(({ value }) => value === since)?.ms;
  return ms === undefined ? {} : { from: new Date(nowMs - ms).toISOString() };
}
