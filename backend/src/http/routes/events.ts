import type { FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Admission } from "../../admission/admission.js";
import type { Config } from "../../config.js";
import { KNOWN_TYPES, TAKEN_TYPES } from "../../ingest/decode/media-types.js";
import type { Foreseen } from "../../ingest/foresee.js";
import { uuidText } from "../../ingest/identify.js";
import type { Ingest, Item, ItemOutcome } from "../../ingest/ingest.js";
import type { Wait, Waits } from "../../ingest/waits.js";
import { sayOutage } from "../../lib/errors.js";
import type { IngestMetrics } from "../../telemetry/metrics.js";
import type { Traces } from "../../telemetry/traces.js";
import type { LatencyWindow } from "../../telemetry/window.js";
import { type Auth, type Hook, requireTenant } from "../auth.js";
import type { BodyReader } from "../body.js";
import { answerMany, answerOne, answerRejected, sendSummary, summarize } from "../event-answers.js";
import { type Decoded, decode, decoderOf, readBody } from "../event-body.js";
import { unsupportedType } from "../json-bodies.js";
import { type OperationDetails, sendingOperations } from "../openapi-sending.js";
import { preferredWait } from "../preferences.js";
import { problem } from "../problems.js";
import type { RateLimits } from "../rate-limits.js";
import { whileAsked } from "../reads.js";
import { beginAppend, endAppend, traceRequests } from "../request-traces.js";
import { receiveStream } from "../stream-upload.js";

import { answerWaited, countAppended } from "../waited-answers.js";

export interface EventRoutesDeps {
  auth: Auth;
  ingest: Ingest;
  /** Of those who prefer to wait. */
  waits: Pick<Waits, "start">;
  bodies: BodyReader;
  limits: RateLimits;
  admission: Pick<Admission, "refusal" | "roomInSeconds" | "sizes">;
  /** Redis's clock, ms. */
  now: () => number;
  /** What would become of these items (`/v1/events/validate`). */
  foresee: (items: Item[]) => Promise<(Foreseen | undefined)[]>;
  config: Config;
  metrics: IngestMetrics;
  latency: LatencyWindow;
  traces: Traces;
  /** For the tests that end the process there. */
  at?: (point: "received" | "before-answer") => void;
}

export const STREAM_PATH = "/v1/ingest/stream";

const resultsQuery = z.strictObject({
  results: z.enum(["all"]).optional().describe("Lists every item of many, in order; unset, what is neither accepted nor duplicate"),
});

/** `POST /v1/events`, `/v1/events/validate`, `/v1/ingest/stream`, and `/events` for older clients. */
export function eventRoutes(deps: EventRoutesDeps): FastifyPluginAsyncZod {
  const { auth, config } = deps;
  const admit: Hook = (_request, _reply, done) => {
    const code = deps.admission.refusal();
    if (code === "backlog-full") done(problem(code, undefined, undefined, { "Retry-After": String(deps.admission.roomInSeconds()) }));
    else done(code ? problem(code) : undefined);
  };
  const onRequest = [auth.authenticate, ...traceRequests(deps.traces), auth.requireScope("events:write"), deps.limits.requests, admit];

  return async (app) => {
    app.decorateRequest("trace", undefined);
    // The handlers read the body themselves: after authentication, within their own limits, exactly as it was sent.
    app.removeAllContentTypeParsers();
    // Fastify remembers parsers by their name, and takes the header of every other request apart.
    app.addContentTypeParser([...KNOWN_TYPES], (_request, payload, done) => done(null, payload));
    app.addContentTypeParser("*", (request, payload, done) => {
      if (decoderOf(request)) done(null, payload);
      else done(unsupportedType(request, TAKEN_TYPES));
    });

    const post = (request: FastifyRequest, reply: FastifyReply) => receive(deps, request, reply);
    const operations = sendingOperations(config);
    const documented = (summary: string, operation: OperationDetails): FastifySchema => ({
      tags: ["events"],
      summary,
      querystring: resultsQuery,
      "x-operation": operation,
    });
    const sending = documented("Send one event, or many as an array, NDJSON or XML", operations.send);
    const sendingByOlderPath = documented("Same as POST /v1/events, for older clients", operations.send);
    const validating = documented("What would become of the items, without storing anything", operations.validate);
    const streaming = documented(`Send NDJSON or XML of any length up to ${config.STREAM_MAX_BYTES} bytes`, operations.stream);

    app.post("/v1/events", { onRequest, schema: sending }, post);
    app.post("/events", { onRequest, schema: sendingByOlderPath }, post);
    app.post("/v1/events/validate", { onRequest, schema: validating }, (request, reply) => validate(deps, request, reply));
    app.post(STREAM_PATH, { onRequest, schema: streaming }, (request, reply) => receiveStream(deps, request, reply));
  };
}

async function receive(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const startedAt = performance.now();
  const seconds = preferredWait(request);
  const taken = await take(deps, request, reply, seconds > 0);
  const { single, items, wait } = taken;
  const tookMs = performance.now() - startedAt;
  deps.latency.record(tookMs);
  deps.metrics.took(tookMs / 1000, request.trace?.request.context);
  if (wait) return answerLater(deps, request, reply, { ...taken, wait }, { startedAt, seconds });
  return single ? answerOne(deps.metrics, request, reply, items[0] as Item) : answerMany(deps.metrics, request, reply, items);
}

interface Taken extends Decoded {
  /** Set when the answer waits until the events are decided. */
  wait: Wait | undefined;
}

/** Reads the body and appends what it holds. Nothing of the body is held afterwards, but by items. */
async function take(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply, waits: boolean): Promise<Taken> {
  const body = await readBody(deps, request);
  let wait: Wait | undefined;
  beginAppend(request);
  try {
    const decoded = decode(deps, request, body.bytes);
    const { single, items } = decoded instanceof Promise ? await decoded : decoded;
    const limited = deps.limits.takeEvents(request, reply, items.length);
    if (limited) await limited;
    deps.at?.("received");
    wait = waits ? deps.waits.start(requireTenant(request), items) : undefined;
    await deps.ingest.append(items);
    endAppend(request, items);
    deps.at?.("before-answer");
    return { single, items, wait };
  } catch (error) {
    wait?.end();
    throw error;
  } finally {
    body.release();
  }
}

interface Asked {
  /** `performance.now()` when the request came. */
  startedAt: number;
  seconds: number;
}

async function answerLater(
  { metrics }: EventRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { single, items, wait }: Decoded & { wait: Wait },
  { startedAt, seconds }: Asked,
): Promise<unknown> {
  try {
    countAppended(metrics, items, single);
    metrics.waited(await wait.over(seconds * 1000 - (performance.now() - startedAt), whileAsked(request, reply)));
    return answerWaited(request, reply, items, single, wait, seconds);
  } finally {
    wait.end();
  }
}

async function validate(deps: EventRoutesDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = await readBody(deps, request);
  try {
    const { single, items } = await decode(deps, request, body.bytes);
    const foreseen = await deps.foresee(items).catch(sayOutage("What is stored cannot be looked up now"));
    const outcomes = items.map((item, i) => foreseenOutcome(item, foreseen[i]));
    if (single) {
      const [item, outcome, would] = [items[0] as Item, outcomes[0] as ItemOutcome, foreseen[0]];
      if (outcome.status === "rejected") return answerRejected(request, reply, outcome);
      const { eventId, id } = item;
      return reply.code(200).send({ eventId, id: uuidText(id), status: outcome.status, ...would });
    }
    const summary = summarize(items, outcomes, true);
    const results = summary.results.map((result, i) => ({ ...result, ...foreseen[i] }));
    return sendSummary(request, reply, summary, { ...summary, results }, { good: 200 });
  } finally {
    body.release();
  }
}

/** The status that sending the item would be answered with. What dies later is accepted first. */
function foreseenOutcome(item: Item, foreseen: Foreseen | undefined): ItemOutcome {
  const first = { eventId: item.eventId, id: item.id, receivedAtMs: item.receivedAtMs };
  if (foreseen?.would === "duplicate") return { status: "duplicate", ...first };
  if (foreseen?.would === "conflict") return { status: "conflict", unread: item.verdict === "unread", ...first };
  return item.rejection ? { status: "rejected", ...item.rejection } : { status: "accepted" };
}
