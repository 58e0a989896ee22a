import type { AnswerKind } from "./journal.js";

/** What a producer was told about one item. */
export interface ItemAnswer {
  /** HTTP status of the request, 0 without an answer. */
  status: number;
  /** Problem code or item status; "" when the answer named none. */
  code: string;
  outcome: AnswerKind;
  /** Whether the same bytes should be sent again. */
  again: boolean;
  retryAfterMs?: number;
}

interface BatchBody {
  accepted: number;
  duplicates: number;
  conflicts: number;
  rejected: number;
  retry: number;
  results: { index: number; status: string; code?: string }[];
}

/**
 * Reads an answer of `POST /v1/events` as a careful producer would: only what the contract calls an acknowledgement is one.
 * @param count items in the request
 * @param several whether it was an array or NDJSON, whose answer tells of each item
 */
export function readAnswer(status: number, text: string, count: number, several: boolean, retryAfter?: string | string[]): ItemAnswer[] {
  const body = parse(text);
  const retryAfterMs = typeof retryAfter === "string" && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
  const code = typeof body?.["code"] === "string" ? body["code"] : "";
  const whole = (outcome: AnswerKind, again: boolean): ItemAnswer[] =>
    Array.from({ length: count }, () => ({ status, code, outcome, again, retryAfterMs }));

  if (several && isBatch(body)) return readBatch(status, body, count, retryAfterMs);
  if (status === 429) return whole("refused", true);
  // A 5xx may have happened after the append; only the contract's own words could say otherwise, and a retry is safe anyway.
  if (status >= 500) return whole("unknown", true);
  if (several) return status >= 400 ? whole("refused", false) : whole("unknown", true);
  const acknowledged = status === 201 || status === 202 || status === 200 || (status === 409 && code === "duplicate");
  // A 2xx whose body broke off proves nothing.
  if (acknowledged) return body === undefined ? whole("unknown", true) : whole("acknowledged", false);
  return whole("refused", false);
}

function readBatch(
  status: number,
  body: BatchBody & Record<string, unknown>,
  count: number,
  retryAfterMs: number | undefined,
): ItemAnswer[] {
  const named = new Map(body.results.map((result) => [result.index, result]));
  const told = body.accepted + body.duplicates + body.conflicts + body.rejected + body.retry;
  const unlisted = body.accepted + body.duplicates;
  const silent = count - [...named.values()].filter(({ status: s }) => s !== "accepted" && s !== "duplicate").length;
  // Counts that do not add up leave open which item was meant: no acknowledgement can be read out of them.
  const trusted = told === count && unlisted === silent;
  return Array.from({ length: count }, (_, index) => {
    if (!trusted) return { status, code: "counts-differ", outcome: "unknown" as const, again: true, retryAfterMs };
    const result = named.get(index);
    const itemStatus = result?.status ?? "accepted";
    const code = result?.code ?? itemStatus;
    if (itemStatus === "accepted" || itemStatus === "duplicate") return { status, code, outcome: "acknowledged" as const, again: false };
    if (itemStatus === "retry") return { status, code, outcome: "unknown" as const, again: true, retryAfterMs };
    return { status, code, outcome: "refused" as const, again: false };
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isBatch(body: Record<string, unknown> | undefined): body is BatchBody & Record<string, unknown> {
  return body !== undefined && Array.isArray(body["results"]) && typeof body["accepted"] === "number";
}
