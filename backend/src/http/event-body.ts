import type { Buffer } from "node:buffer";
import type { FastifyRequest } from "fastify";
import type { Admission } from "../admission/admission.js";
import { MalformedBody, type Slice, skipSpace, splitArray, splitLines, trimmed } from "../ingest/decode/slices.js";
import { receiveInTurns } from "../ingest/in-turns.js";
import type { Ingest, IngestScope, Item } from "../ingest/ingest.js";
import { placesIn } from "../lib/json-fault.js";
import { eventContext } from "../stream/record.js";
import { callerOf, principalOf, requireTenant } from "./auth.js";
import type { BodyReader, HeldBody } from "./body.js";
import { idempotencyKeyOf } from "./idempotency-key.js";
import { problem } from "./problems.js";
import { storedContextOf } from "./request-traces.js";

export interface EventBodyDeps {
  ingest: Ingest;
  bodies: BodyReader;
  /** Redis's clock, ms. */
  now: () => number;
  admission: Pick<Admission, "sizes">;
}

export const JSON_TYPE = "application/json";
export const NDJSON_TYPES = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

const OPEN_ARRAY = 0x5b;

/** What a POST body turned out to be. */
export interface Decoded {
  single: boolean;
  items: Item[];
}

export function isNdjson(request: FastifyRequest): boolean {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  return type !== undefined && NDJSON_TYPES.includes(type);
}

/** What all items of a request share, from its credential and headers. */
export function scopeOf(deps: Pick<EventBodyDeps, "now">, request: FastifyRequest): IngestScope {
  const principal = principalOf(request);
  const context = eventContext({
    tenantId: requireTenant(request),
    keyName: principal.name,
    defaultType: principal.defaultType ?? "",
    correlationId: request.id,
    ...storedContextOf(request),
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

/**
 * Takes the items out of a body: one object, an array, or NDJSON. A promise only when the body is large.
 * @throws ProblemError when the body as a whole is not readable, or has too many items
 */
export function decode(deps: EventBodyDeps, request: FastifyRequest, body: Buffer): Decoded | Promise<Decoded> {
  const scope = scopeOf(deps, request);
  if (isNdjson(request))
    return several(
      deps,
      body,
      (max) => splitLines(body, max),
      { ...scope, lines: true },
      (_, slice) => slice.start,
    );
  const start = skipSpace(body, 0);
  if (start === body.length)
    throw problem("invalid-json", "The body is empty: send one event as a JSON object, an array of them, or NDJSON.");
  if (body[start] === OPEN_ARRAY)
    return several(
      deps,
      body,
      (max) => splitArrayOrRefuse(body, max),
      scope,
      (index) => index,
    );
  // Without the newline behind it: the same event is the same text, wherever it was sent.
  const only = trimmed(body, start, body.length) as Slice;
  return { single: true, items: deps.ingest.receive(body, [only], scope, () => 0) };
}

function several(
  deps: EventBodyDeps,
  body: Buffer,
  split: (max: number) => Slice[],
  scope: IngestScope,
  position: (index: number, slice: Slice) => number,
): Decoded | Promise<Decoded> {
  const { maxBatchEvents } = deps.admission.sizes;
  const slices = split(maxBatchEvents);
  if (slices.length > maxBatchEvents) {
    throw problem("batch-too-large", `The body has more than ${maxBatchEvents} events; send it in parts or to /v1/ingest/stream.`);
  }
  const items = receiveInTurns(deps.ingest, body, slices, { ...scope, several: true, places: placesIn(body) }, position);
  return items instanceof Promise ? items.then((all) => ({ single: false, items: all })) : { single: false, items };
}

function splitArrayOrRefuse(body: Buffer, max: number): Slice[] {
  try {
    return splitArray(body, max);
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error;
    const { line, column, byte } = placesIn(body).at(error.at);
    throw problem("invalid-json", `Line ${line}, column ${column + 1} (byte ${byte}): ${error.message}.`);
  }
}
