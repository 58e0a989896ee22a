import {
  acceptedSchema,
  type BatchSummary,
  batchSummarySchema,
  type ItemResult,
  type ProblemCode,
  streamSummarySchema,
} from "@streamforge/shared";
import type { FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Config } from "../../config.js";
import type { Foreseen } from "../../ingest/foresee.js";
import { uuidText } from "../../ingest/identify.js";
import { type Ingest, type Item, type ItemOutcome, itemResult, outcomeOf } from "../../ingest/ingest.js";
import { ingestStream } from "../../ingest/stream.js";
import type { IngestMetrics } from "../../telemetry/metrics.js";
import type { LatencyWindow } from "../../telemetry/window.js";
import type { Auth, Hook } from "../auth.js";
import type { BodyReader } from "../body.js";
import { decode, isNdjson, JSON_TYPE, NDJSON_TYPES, readBody, scopeOf } from "../event-body.js";
import { ProblemError, problem } from "../problems.js";
import type { RateLimits } from "../rate-limits.js";
import { sendProblem } from "../refusals.js";

export interface EventRoutesDeps {
  auth: Auth;
  ingest: Ingest;
  bodies: BodyReader;
  limits: RateLimits;
  /** Why nothing can be taken in now; undefined when it can. */
  refusal: () => ProblemCode | undefined;
  /** Redis's clock, ms. */
  now: () => number;
  /** What would become of these items (`/v1/events/validate`). */
  foresee: (items: Item[]) => Promise<(Foreseen | undefined)[]>;
  config: Config;
  metrics: IngestMetrics;
  latency: LatencyWindow;
  /** For the tests that end the process there. */
  at?: (point: "received" | "before-answer") => void;
}

type Rejected = Extract<ItemOutcome, { status: "rejected" }>;

const resultsQuery = z.object({ results: z.enum(["all"]).optional() });

/** `POST /v1/events`, `/v1/events/validate`, `/v1/ingest/stream`, and `/events` for older clients. */
export function eventRoutes(deps: EventRoutesDeps): FastifyPluginAsyncZod {
  const { auth, config } = deps;
  const admit: Hook = (_request, _reply, done) => {
    const code = deps.refusal();
    done(code ? problem(code) : undefined);
  };
  const onRequest = [auth.authenticate, auth.requireScope("events:write"), deps.limits.requests, admit];

  return async (app) => {
    // The handlers read the body themselves: after authentication, within their own limits, exactly as it was sent.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser([JSON_TYPE, ...NDJSON_TYPES], (_request, payload, done) => done(null, payload));

    const post = (request: FastifyRequest, reply: FastifyReply) => receive(deps, request, reply);
    const documented: FastifySchema = {
      tags: ["events"],
      consumes: [JSON_TYPE, "application/x-ndjson"],
      querystring: resultsQuery,
      response: { 202: z.union([acceptedSchema, batchSummarySchema]), 207: batchSummarySchema },
    };
    app.post("/v1/events", { onRequest, schema: { ...documented, summary: "Send one event, or many as an array or NDJSON" } }, post);
    app.post("/events", { onRequest, schema: { ...documented, summary: "Same as POST /v1/events, for older clients" } }, post);
    app.post(
      "/v1/events/validate",
      { onRequest, schema: { ...documented, response: {}, summary: "What would become of the items, without storing anything" } },
      (request, reply) => validate(deps, request, reply),
    );
    const streamed: FastifySchema = {
      ...documented,
      consumes: ["application/x-ndjson"],
      summary: `Send NDJSON of any length up to ${config.STREAM_MAX_BYTES} bytes`,
      response: { 202: streamSummarySchema, 207: streamSummarySchema },
    };
    app.post("/v1/ingest/stream", { onRequest, schema: streamed }, (request, reply) => stream(deps, request, reply));
  };
}

async function receive(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const startedAt = performance.now();
  const body = await readBody(deps, request);
  try {
    const decoded = decode(deps, request, body.bytes);
    const { single, items } = decoded instanceof Promise ? await decoded : decoded;
    const limited = deps.limits.takeEvents(request, reply, items.length);
    if (limited) await limited;
    deps.at?.("received");
    await deps.ingest.append(items);
    deps.at?.("before-answer");
    const answer = single ? answerOne(deps, request, reply, items[0] as Item) : answerMany(deps, request, reply, items);
    const tookMs = performance.now() - startedAt;
    deps.latency.record(tookMs);
    deps.metrics.duration.observe(tookMs / 1000);
    return answer;
  } finally {
    body.release();
  }
}

function answerOne(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply, item: Item): FastifyReply {
  const outcome = outcomeOf(item);
  deps.metrics.count(outcome.status, 1);
  if (outcome.status === "accepted") {
    return sendAccepted(reply, 202, item.eventId, uuidText(item.id), item.receivedAtMs);
  }
  if (outcome.status === "duplicate" || outcome.status === "conflict") {
    deps.metrics.dedupeHits.inc();
    const { eventId, id, receivedAtMs } = outcome;
    if (outcome.status === "duplicate" && prefersLenient(request)) {
      reply.header("Preference-Applied", "handling=lenient");
      return sendAccepted(reply, 200, eventId, uuidText(id), receivedAtMs);
    }
    const first = { eventId, id: uuidText(id), receivedAt: new Date(receivedAtMs).toISOString() };
    const refused =
      outcome.status === "duplicate"
        ? problem("duplicate", "The first one counts; this may be treated as success.", first)
        : problem(
            "identity-conflict",
            "An event with this identity and another body was accepted before. Give this one an identity of its own.",
            first,
          );
    reply.header("Location", locationOf(eventId));
    deps.metrics.rejected.inc({ code: refused.code });
    return sendProblem(request, reply, refused);
  }
  deps.metrics.rejected.inc({ code: outcome.code });
  if (outcome.status === "retry")
    return sendProblem(request, reply, problem(outcome.code, retryDetail(outcome.code), { eventId: item.eventId }));
  return answerRejected(request, reply, outcome);
}

function answerRejected(request: FastifyRequest, reply: FastifyReply, { code, detail, errors }: Rejected): FastifyReply {
  return sendProblem(request, reply, problem(code, detail, errors ? { errors } : {}));
}

function sendAccepted(reply: FastifyReply, status: 200 | 202, eventId: string, id: string, receivedAtMs: number): FastifyReply {
  // Written by hand: this answer is the hot path, and a serializer of its schema costs more than the text.
  const text = `{"eventId":${JSON.stringify(eventId)},"id":"${id}","status":"accepted","receivedAt":"${new Date(receivedAtMs).toISOString()}"}`;
  return reply.code(status).header("Location", locationOf(eventId)).type("application/json; charset=utf-8").serializer(asIs).send(text);
}

const asIs = (text: unknown): string => text as string;

function locationOf(eventId: string): string {
  return `/v1/events/${encodeURIComponent(eventId)}`;
}

function prefersLenient(request: FastifyRequest): boolean {
  const { prefer } = request.headers;
  return prefer !== undefined && /(^|[,;\s])handling\s*=\s*lenient($|[,;\s])/i.test(String(prefer));
}

function retryDetail(code: ProblemCode): string | undefined {
  return code === "outcome-unknown" ? "It is not known whether the event was appended; send it again with the same id." : undefined;
}

/** Counts of a batch and the items to list. */
function summarize(items: Item[], outcomes: ItemOutcome[], all: boolean): BatchSummary {
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

function answerMany(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply, items: Item[]): FastifyReply {
  const summary = summarize(items, items.map(outcomeOf), (request.query as { results?: string }).results === "all");
  countSummary(deps, summary);
  return sendSummary(request, reply, summary, summary);
}

function countSummary({ metrics }: EventRoutesDeps, summary: BatchSummary): void {
  const { accepted, duplicates, conflicts, rejected, retry } = summary;
  const named = { accepted, duplicate: duplicates, conflict: conflicts, rejected, retry };
  for (const [result, n] of Object.entries(named)) if (n > 0) metrics.count(result, n);
  if (duplicates + conflicts > 0) metrics.dedupeHits.inc(duplicates + conflicts);
}

/** The status of a batch is that of its items, when they agree: 202, 400, 503; otherwise 207. */
function sendSummary(
  request: FastifyRequest,
  reply: FastifyReply,
  counts: BatchSummary,
  body: object,
  good: 200 | 202 = 202,
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
  return reply
    .code(accepted + duplicates === total ? good : 207)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(body);
}

function batchProblem(code: ProblemCode, detail: string, body: object): ProblemError {
  return problem(code, detail, { ...body });
}

async function validate(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = await readBody(deps, request);
  try {
    const { single, items } = await decode(deps, request, body.bytes);
    const foreseen = await deps.foresee(items).catch((error: Error) => {
      request.log.warn({ err: error.message }, "nothing can be foreseen");
      throw problem("storage-unavailable", "What is stored cannot be looked up now.");
    });
    const outcomes = items.map((item, i) => foreseenOutcome(item, foreseen[i]));
    if (single) {
      const [item, outcome, would] = [items[0] as Item, outcomes[0] as ItemOutcome, foreseen[0]];
      if (outcome.status === "rejected") return answerRejected(request, reply, outcome);
      const { eventId, id } = item;
      return reply.code(200).send({ eventId, id: uuidText(id), status: outcome.status, ...would });
    }
    const summary = summarize(items, outcomes, true);
    const results = summary.results.map((result, i) => ({ ...result, ...foreseen[i] }));
    return sendSummary(request, reply, summary, { ...summary, results }, 200);
  } finally {
    body.release();
  }
}

/** The status that sending the item would be answered with. What dies later is accepted first. */
function foreseenOutcome(item: Item, foreseen: Foreseen | undefined): ItemOutcome {
  const first = { eventId: item.eventId, id: item.id, receivedAtMs: item.receivedAtMs };
  if (foreseen?.would === "duplicate") return { status: "duplicate", ...first };
  if (foreseen?.would === "conflict") return { status: "conflict", ...first };
  return item.rejection ? { status: "rejected", ...item.rejection } : { status: "accepted" };
}

async function stream(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { config } = deps;
  if (!isNdjson(request)) throw problem("unsupported-media-type", "Send Content-Type: application/x-ndjson.");
  const sent = request.headers["x-stream-offset"] ?? "0";
  if (!/^\d{1,15}$/.test(String(sent))) throw problem("invalid-request", "X-Stream-Offset must be a number of bytes.");
  const {
    summary,
    problem: ending,
    failure,
  } = await ingestStream(deps.bodies.chunks(request.raw), {
    ingest: deps.ingest,
    scope: { ...scopeOf(deps, request), several: true },
    limits: { maxEventBytes: config.MAX_EVENT_BYTES, maxBytes: config.STREAM_MAX_BYTES },
    offset: Number(sent),
    allResults: (request.query as { results?: string }).results === "all",
    pace: (events) => deps.limits.pace(request, events),
    now: deps.now,
    refusal: deps.refusal,
  });
  countSummary(deps, summary);
  if (failure !== undefined) throw failure instanceof ProblemError ? problem(failure.code, failure.message, { ...summary }) : failure;
  if (ending) return sendProblem(request, reply, problem(ending.code, ending.detail, { ...summary }));
  return sendSummary(request, reply, summary, summary);
}
