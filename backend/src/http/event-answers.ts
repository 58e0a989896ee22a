import type { BatchSummary, ItemResult, ProblemCode } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isDerived, isDerivedName, uuidText } from "../ingest/identify.js";
import { type Item, type ItemOutcome, itemResult, outcomeOf, UNREAD } from "../ingest/ingest.js";
import type { IngestMetrics } from "../telemetry/metrics.js";
import { applied, prefers } from "./preferences.js";
import { type ProblemError, problem } from "./problems.js";
import { sendProblem } from "./refusals.js";

type Rejected = Extract<ItemOutcome, { status: "rejected" }>;

/** Answers for one event: 202, 200 or 409 for a duplicate, 422 for a conflict, 400 or 503. */
export function answerOne(metrics: IngestMetrics, request: FastifyRequest, reply: FastifyReply, item: Item): FastifyReply {
  const outcome = outcomeOf(item);
  countOne(metrics, outcome);
  return sendOne(request, reply, item, outcome);
}

/** Counts one event in the metrics. */
export function countOne(metrics: IngestMetrics, outcome: ItemOutcome): void {
  metrics.count(outcome.status, 1);
  if (outcome.status === "accepted") return;
  if (outcome.status === "duplicate" || outcome.status === "conflict") metrics.dedupeHits.inc();
  metrics.rejected.inc({ code: codeOf(outcome) });
}

function codeOf(outcome: Exclude<ItemOutcome, { status: "accepted" }>): ProblemCode {
  if (outcome.status === "duplicate") return "duplicate";
  return outcome.status === "conflict" ? "identity-conflict" : outcome.code;
}

/** The answer for one event, as it was decided by now. */
export function sendOne(request: FastifyRequest, reply: FastifyReply, item: Item, outcome: ItemOutcome): FastifyReply {
  if (outcome.status === "accepted") return sendAccepted(reply, 202, item, item);
  if (outcome.status === "duplicate" || outcome.status === "conflict") {
    const { eventId, id, receivedAtMs } = outcome;
    if (outcome.status === "duplicate" && prefers(request, "handling") === "lenient") {
      applied(reply, "handling=lenient");
      return sendAccepted(reply, 200, item, outcome);
    }
    const first = { eventId, id: uuidText(id), receivedAt: new Date(receivedAtMs).toISOString() };
    const said =
      outcome.status === "duplicate"
        ? "The first one counts; this may be treated as success."
        : `An event with this identity and another body was accepted before. ${outcome.unread ? UNREAD : "Give this one an identity of its own."}`;
    const note = keyNote([item]);
    reply.header("Location", locationOf(item, outcome));
    return sendProblem(request, reply, problem(codeOf(outcome), note === undefined ? said : `${said} ${note}`, first));
  }
  if (outcome.status === "retry")
    return sendProblem(request, reply, problem(outcome.code, retryDetail(outcome.code), { eventId: item.eventId }));
  return answerRejected(request, reply, outcome);
}

/** Answers for one event that was not taken for its own fault. */
export function answerRejected(request: FastifyRequest, reply: FastifyReply, { code, detail, errors }: Rejected): FastifyReply {
  return sendProblem(request, reply, problem(code, detail, errors ? { errors } : {}));
}

/** The event that counts: this one, or the first one. */
interface Counting {
  eventId: string;
  /** 16 bytes, latin1. */
  id: string;
  receivedAtMs: number;
}

function sendAccepted(reply: FastifyReply, status: 200 | 202, item: Item, { eventId, id, receivedAtMs }: Counting): FastifyReply {
  const note = item.keyUnused ? `,"detail":${JSON.stringify(keyNote([item]))}` : "";
  // Written by hand: this answer is the hot path, and a serializer of its schema costs more than the text.
  const text = `{"eventId":${JSON.stringify(eventId)},"id":"${uuidText(id)}","status":"accepted","receivedAt":"${new Date(receivedAtMs).toISOString()}"${note}}`;
  return reply
    .code(status)
    .header("Location", locationOf(item, { eventId, id }))
    .type("application/json; charset=utf-8")
    .serializer(asIs)
    .send(text);
}

const asIs = (text: unknown): string => text as string;

/** What is said of an idempotency key that was not needed; undefined when it was, or when there is none. */
export function keyNote(items: Item[]): string | undefined {
  const unused = items.filter((item) => item.keyUnused).length;
  return unused === 0 ? undefined : unusedKeyNote(unused, items.length);
}

/** @param of how many items */
export function unusedKeyNote(unused: number, of: number): string {
  const which =
    of === 1 ? "the event has an eventId, which is its identity" : `${unused} of ${of} items have an eventId, which is their identity`;
  return `The idempotency key was not used${unused < of ? " everywhere" : ""}: ${which}.`;
}

/**
 * Where the event can be read. Clients take `.` and `..` for steps in the path, percent-encoded or not, and an eventId of the form
 * that is given here leads to the event that was given it: these are named by their id.
 */
export function locationOf(item: Item, { eventId, id }: Pick<Counting, "eventId" | "id">): string {
  const byName = eventId !== "." && eventId !== ".." && (!isDerivedName(eventId) || isDerived(item.context.tenantId, eventId, id));
  return `/v1/events/${byName ? encodeURIComponent(eventId) : uuidText(id)}`;
}

function retryDetail(code: ProblemCode): string | undefined {
  return code === "outcome-unknown" ? "It is not known whether the event was appended; send it again with the same id." : undefined;
}

/** Counts of a batch and the items to list. */
export function summarize(items: Item[], outcomes: ItemOutcome[], all: boolean): BatchSummary {
  const counts = { accepted: 0, duplicate: 0, conflict: 0, rejected: 0, retry: 0 };
  const results: ItemResult[] = [];
  items.forEach((item, i) => {
    const outcome = outcomes[i] as ItemOutcome;
    counts[outcome.status]++;
    if (all || (outcome.status !== "accepted" && outcome.status !== "duplicate")) results.push(itemResult(item, outcome));
  });
  const { accepted, duplicate, conflict, rejected, retry } = counts;
  return { accepted, duplicates: duplicate, conflicts: conflict, rejected, retry, results };
}

/** Answers for a batch: its counts, and the items that need a look (`?results=all`: every one). */
export function answerMany(metrics: IngestMetrics, request: FastifyRequest, reply: FastifyReply, items: Item[]): FastifyReply {
  const summary = summarize(items, items.map(outcomeOf), wantsAll(request));
  countSummary(metrics, summary);
  return sendMany(request, reply, items, summary);
}

/** Whether every item is to be listed. */
export const wantsAll = (request: FastifyRequest): boolean => (request.query as { results?: string }).results === "all";

/** The answer for a batch. @param good its status when every item is accepted or duplicate */
export function sendMany(
  request: FastifyRequest,
  reply: FastifyReply,
  items: Item[],
  summary: BatchSummary,
  good: 201 | 202 = 202,
): FastifyReply {
  const note = keyNote(items);
  // For shippers that take 207 for a failure, and would send the chunk for ever.
  const mixed = prefers(request, "handling") === "lenient" ? 200 : 207;
  return sendSummary(request, reply, summary, note === undefined ? summary : { ...summary, detail: note }, { good, mixed });
}

/** Counts a batch in the metrics. */
export function countSummary(metrics: IngestMetrics, summary: BatchSummary): void {
  const { accepted, duplicates, conflicts, rejected, retry } = summary;
  const named = { accepted, duplicate: duplicates, conflict: conflicts, rejected, retry };
  for (const [result, n] of Object.entries(named)) if (n > 0) metrics.count(result as keyof typeof named, n);
  if (duplicates + conflicts > 0) metrics.dedupeHits.inc(duplicates + conflicts);
}

/** The status of a batch is that of its items, when they agree: 202, 400, 503; otherwise 207 (`mixed`). */
export function sendSummary(
  request: FastifyRequest,
  reply: FastifyReply,
  counts: BatchSummary,
  body: object,
  { good = 202, mixed = 207 }: { good?: 200 | 201 | 202; mixed?: 200 | 207 } = {},
): FastifyReply {
  const { accepted, duplicates, conflicts, rejected, retry, results } = counts;
  const total = accepted + duplicates + conflicts + rejected + retry;
  if (retry > 0) reply.header("Retry-After", "1");
  if (total > 0 && retry === total)
    return sendProblem(
      request,
      reply,
      batchProblem((results[0]?.code ?? "outcome-unknown") as ProblemCode, "No item was taken; send them again.", body),
    );
  if (total > 0 && rejected === total)
    return sendProblem(request, reply, batchProblem("invalid-event", "Every item was rejected; results says why.", body));
  const status = accepted + duplicates === total ? good : mixed;
  if (status === mixed && mixed === 200) applied(reply, "handling=lenient");
  return reply.code(status).type("application/json; charset=utf-8").serializer(JSON.stringify).send(body);
}

function batchProblem(code: ProblemCode, detail: string, body: object): ProblemError {
  return problem(code, detail, { ...body });
}
