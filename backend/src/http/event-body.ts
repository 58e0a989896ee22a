import type { Buffer } from "node:buffer";
import type { EventFormat } from "@streamforge/shared";
import type { FastifyRequest } from "fastify";
import type { Admission } from "../admission/admission.js";
import { isBinaryMode } from "../ingest/decode/cloud-event.js";
import { binaryModeDecoder, httpAttributes } from "../ingest/decode/cloud-event-binary.js";
import { type Decoder, faultOf, MalformedBody, type SplitBody } from "../ingest/decode/decoder.js";
import { charsetOf, decoderFor, TAKEN_TYPES } from "../ingest/decode/media-types.js";
import { receiveInTurns } from "../ingest/in-turns.js";
import type { Ingest, IngestScope, Item } from "../ingest/ingest.js";
import { placesIn } from "../lib/json-fault.js";
import { eventContext } from "../stream/record.js";
import type { IngestMetrics } from "../telemetry/metrics.js";
import { callerOf, principalOf, requireTenant } from "./auth.js";
import type { BodyReader, HeldBody } from "./body.js";
import { idempotencyKeyOf } from "./idempotency-key.js";
import { unsupportedType } from "./json-bodies.js";
import { problem } from "./problems.js";
import { storedContextOf } from "./request-traces.js";

export interface EventBodyDeps {
  ingest: Ingest;
  bodies: BodyReader;
  /** Redis's clock, ms. */
  now: () => number;
  admission: Pick<Admission, "sizes">;
  metrics: Pick<IngestMetrics, "countBody">;
}

/** What a POST body turned out to be. */
export interface Decoded {
  single: boolean;
  items: Item[];
}

/** How this request's body is read; undefined when its type is not taken, or when it has neither a type nor a body. */
export function decoderOf({ headers }: FastifyRequest): Decoder | undefined {
  const type = headers["content-type"];
  return isBinaryMode(headers) ? binaryModeDecoder(httpAttributes(headers), type) : decoderFor(type);
}

/** What all items of a request share, from its credential and headers. Counts the body. */
export function scopeOf(deps: Pick<EventBodyDeps, "now" | "metrics">, request: FastifyRequest, format: EventFormat): IngestScope {
  deps.metrics.countBody(format);
  const principal = principalOf(request);
  const context = eventContext({
    tenantId: requireTenant(request),
    keyName: principal.name,
    defaultType: principal.defaultType ?? "",
    correlationId: request.id,
    ...storedContextOf(request),
    format,
  });
  return { context, idempotencyKey: idempotencyKeyOf(request), several: false, receivedAtMs: deps.now() };
}

export async function readBody(deps: EventBodyDeps, request: FastifyRequest): Promise<HeldBody> {
  const { maxBatchBytes } = deps.admission.sizes;
  const tooLarge = () =>
    problem("batch-too-large", `The body has more than ${maxBatchBytes} bytes; send it in parts or to /v1/ingest/stream.`);
  if (Number(request.headers["content-length"] ?? 0) > maxBatchBytes) throw tooLarge();
  return deps.bodies.read(request.raw, callerOf(request), maxBatchBytes, tooLarge);
}

/** A body that is taken apart in turns, where its type can be. */
const LARGE_BYTES = 256 * 1024;

/**
 * Takes the items out of a body of any type in the table of media types. A promise only when the body is large.
 * @throws ProblemError when the body as a whole is not readable, or has too many items
 */
export function decode(deps: EventBodyDeps, request: FastifyRequest, body: Buffer): Decoded | Promise<Decoded> {
  const { maxBatchEvents } = deps.admission.sizes;
  const decoder = decoderOf(request);
  if (!decoder) throw unsupportedType(request, TAKEN_TYPES);
  const charset = charsetOf(request.headers["content-type"]);
  const received = (split: SplitBody) => receive(deps, scopeOf(deps, request, decoder.format), split);
  if (decoder.splitInTurns && body.length > LARGE_BYTES) {
    return decoder.splitInTurns(body, maxBatchEvents, charset).then(received, refuse);
  }
  let split: SplitBody;
  try {
    split = decoder.split(body, maxBatchEvents, charset);
  } catch (error) {
    return refuse(error);
  }
  return received(split);
}

function receive({ ingest, admission }: EventBodyDeps, scope: IngestScope, split: SplitBody): Decoded | Promise<Decoded> {
  const { bytes, slices, single, lines, position } = split;
  const { maxBatchEvents } = admission.sizes;
  if (slices.length > maxBatchEvents) {
    throw problem("batch-too-large", `The body has more than ${maxBatchEvents} events; send it in parts or to /v1/ingest/stream.`);
  }
  if (single) return { single, items: ingest.receive(bytes, slices, scope, position) };
  const items = receiveInTurns(ingest, bytes, slices, { ...scope, several: true, lines, places: placesIn(bytes) }, position);
  return items instanceof Promise ? items.then((all) => ({ single, items: all })) : { single, items };
}

function refuse(error: unknown): never {
  throw error instanceof MalformedBody ? problem(error.code, faultOf(error)) : error;
}
