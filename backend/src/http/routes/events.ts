import type { Buffer } from "node:buffer";
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
import { MalformedBody, type Slice, skipSpace, splitArray, splitLines } from "../../ingest/decode/slices.js";
import { uuidText } from "../../ingest/identify.js";
import { type Ingest, type IngestScope, type Item, type ItemOutcome, itemResult, outcomeOf } from "../../ingest/ingest.js";
import { isName } from "../../ingest/normalize.js";
import { ingestStream } from "../../ingest/stream.js";
import { eventContext } from "../../stream/record.js";
import type { IngestMetrics } from "../../telemetry/metrics.js";
import type { LatencyWindow } from "../../telemetry/window.js";
import { type Auth, type Hook, principalOf, requireTenant } from "../auth.js";
import type { BodyReader, HeldBody } from "../body.js";
import { traceparentOf } from "../correlation.js";
import { type ProblemError, problem } from "../problems.js";
import type { RateLimits } from "../rate-limits.js";
import { sendProblem } from "../server.js";

export interface EventRoutesDeps {
  auth: Auth;
  ingest: Ingest;
  bodies: BodyReader;
  limits: RateLimits;
  /** Why nothing can be taken in now; undefined when it can. */
  refusal: () => ProblemCode | undefined;
  isStopping: () => boolean;
  /** Redis's clock, ms. */
  now: () => number;
  /** What would become of these items (`/v1/events/validate`). */
  foresee: (items: Item[]) => Promise<{ would: string; code?: string }[]>;
  config: Config;
  metrics: IngestMetrics;
  latency: LatencyWindow;
  /** For the tests that end the process there. */
  at?: (point: "received" | "before-answer") => void;
}

const JSON_TYPE = "application/json";
const NDJSON_TYPES = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
const OPEN_ARRAY = 0x5b;
const MAX_KEY_LENGTH = 180;

/** What a POST body turned out to be. */
type Decoded = { single: true; items: Item[] } | { single: false; items: Item[] };

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

function scopeOf(deps: EventRoutesDeps, request: FastifyRequest): IngestScope {
  const principal = principalOf(request);
  const { headers } = request;
  const key = headers["x-idempotency-key"] ?? headers["idempotency-key"];
  if (key !== undefined && (typeof key !== "string" || !isName(key) || key.length > MAX_KEY_LENGTH)) {
    throw problem("invalid-request", `X-Idempotency-Key must have 1 to ${MAX_KEY_LENGTH} characters and no control characters.`);
  }
  const context = eventContext({
    tenantId: requireTenant(request),
    keyName: principal.name,
    defaultType: principal.defaultType ?? "",
    correlationId: request.id,
    traceparent: traceparentOf(headers),
  });
  return { context, idempotencyKey: key, several: false, receivedAtMs: deps.now() };
}

async function readBody(deps: EventRoutesDeps, request: FastifyRequest): Promise<HeldBody> {
  const { MAX_BATCH_BYTES } = deps.config;
  const tooLarge = () =>
    problem("batch-too-large", `The body has more than ${MAX_BATCH_BYTES} bytes; send it in parts or to /v1/ingest/stream.`);
  if (Number(request.headers["content-length"] ?? 0) > MAX_BATCH_BYTES) throw tooLarge();
  return deps.bodies.read(request.raw, MAX_BATCH_BYTES, tooLarge);
}

function decode(deps: EventRoutesDeps, request: FastifyRequest, body: Buffer): Decoded {
  const scope = scopeOf(deps, request);
  if (isNdjson(request))
    return {
      single: false,
      items: receiveMany(
        deps,
        body,
        (max) => splitLines(body, max),
        scope,
        (_, slice) => slice.start,
      ),
    };
  const start = skipSpace(body, 0);
  if (start === body.length) throw problem("invalid-json", "The body is empty.");
  if (body[start] === OPEN_ARRAY)
    return {
      single: false,
      items: receiveMany(
        deps,
        body,
        (max) => splitArrayOrRefuse(body, max),
        scope,
        (index) => index,
      ),
    };
  return { single: true, items: deps.ingest.receive(body, [{ start, end: body.length }], scope, () => 0) };
}

function receiveMany(
  deps: EventRoutesDeps,
  body: Buffer,
  split: (max: number) => Slice[],
  scope: IngestScope,
  position: (index: number, slice: Slice) => number,
): Item[] {
  const { MAX_BATCH_EVENTS } = deps.config;
  const slices = split(MAX_BATCH_EVENTS);
  if (slices.length > MAX_BATCH_EVENTS)
    throw problem("batch-too-large", `The body has more than ${MAX_BATCH_EVENTS} events; send it in parts or to /v1/ingest/stream.`);
  return deps.ingest.receive(body, slices, { ...scope, several: true }, position);
}

function splitArrayOrRefuse(body: Buffer, max: number): Slice[] {
  try {
    return splitArray(body, max);
  } catch (error) {
    if (error instanceof MalformedBody) throw problem("invalid-json", `At byte ${error.at}: ${error.message}.`);
    throw error;
  }
}

async function receive(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const startedAt = performance.now();
  const body = await readBody(deps, request);
  try {
    const { single, items } = decode(deps, request, body.bytes);
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
  return sendProblem(request, reply, problem(outcome.code, outcome.detail, outcome.errors ? { errors: outcome.errors } : {}));
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
function sendSummary(request: FastifyRequest, reply: FastifyReply, counts: BatchSummary, body: object): FastifyReply {
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
    .code(accepted + duplicates === total ? 202 : 207)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(body);
}

function batchProblem(code: ProblemCode, detail: string, body: object): ProblemError {
  return problem(code, detail, { ...body });
}

function isNdjson(request: FastifyRequest): boolean {
  const type = request.headers["content-type"] ?? "";
  return NDJSON_TYPES.some((ndjson) => type.startsWith(ndjson));
}

async function validate(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = await readBody(deps, request);
  try {
    const { items } = decode(deps, request, body.bytes);
    const foreseen = await deps.foresee(items);
    const results = items.map((item, i) => ({
      index: item.index,
      ...(item.eventId ? { eventId: item.eventId } : {}),
      ...foreseen[i],
      ...(item.rejection ?? {}),
    }));
    return reply.code(200).send({ results });
  } finally {
    body.release();
  }
}

async function stream(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { config } = deps;
  if (!isNdjson(request)) throw problem("unsupported-media-type", "Send Content-Type: application/x-ndjson.");
  const sent = request.headers["x-stream-offset"] ?? "0";
  if (!/^\d{1,15}$/.test(String(sent))) throw problem("invalid-request", "X-Stream-Offset must be a number of bytes.");
  const { summary, problem: ending } = await ingestStream(deps.bodies.chunks(request.raw), {
    ingest: deps.ingest,
    scope: { ...scopeOf(deps, request), several: true },
    limits: { maxEventBytes: config.MAX_EVENT_BYTES, maxBytes: config.STREAM_MAX_BYTES },
    offset: Number(sent),
    allResults: (request.query as { results?: string }).results === "all",
    pace: (events) => deps.limits.pace(request, events),
    now: deps.now,
    isStopping: deps.isStopping,
  });
  countSummary(deps, summary);
  if (ending) return sendProblem(request, reply, problem(ending.code, ending.detail, { ...summary }));
  return sendSummary(request, reply, summary, summary);
}
