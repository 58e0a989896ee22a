import { Buffer } from "node:buffer";
import {
  anyText,
  cursor,
  type EventView,
  eventPageSchema,
  eventViewSchema,
  exactText,
  isName,
  tenantIdSchema,
  timeInQuery,
  wholeInQuery,
} from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { LetterQueries } from "../../dead-letters/queries.js";
import { eventUuid, identitiesOf, nameDigest, uuidBytes, uuidText } from "../../ingest/identify.js";
import { partitionOf } from "../../ingest/ingest.js";
import { outageOf, sayOutage } from "../../lib/errors.js";
import type { DeadLetterDocument, EventDocument } from "../../store/documents.js";
import type { EventFilter, EventQueries, FindByEventId } from "../../store/event-queries.js";
import type { Lookup, Remembered } from "../../stream/lookup.js";
import type { Wanted } from "../../stream/queue-search.js";
import { type Auth, requireTenant } from "../auth.js";
import { CLOUD_EVENT, CLOUD_EVENT_BATCH, cloudEventBatch, cloudEventOf, wants } from "../cloud-events.js";
import { deadEventJson, storedEventJson } from "../event-view.js";
import type { EventViews } from "../event-views.js";
import type { FairReads } from "../fair-reads.js";
import { problem } from "../problems.js";
import type { RateLimits } from "../rate-limits.js";
import { limitParam, positionOf, sendJson, sendPage } from "../reads.js";

export interface ReadingRoutesDeps {
  auth: Auth;
  limits: Pick<RateLimits, "requests">;
  reads: FairReads;
  events: EventQueries;
  views: Pick<EventViews, "json">;
  letters: Pick<LetterQueries, "ofEvent" | "attempts">;
  lookup: Lookup;
  partitions: number;
}

const HOUR_MS = 3_600_000;
const ID_BYTES = 16;
const MOST_ITEMS = 500;
/** Pages by number cost what they skip; the cursor does not. */
const MOST_SKIPPED = 100_000;

const oneQuery = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  userId: exactText().optional().describe("Sends the look-up to one shard"),
  occurredAt: timeInQuery
    .refine((at) => at.getTime() >= 0, "must not be before 1970")
    .optional()
    .describe("Looks in the hour of this time only"),
});

const listQuery = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  userId: exactText().optional().describe("Sends the search to one shard"),
  source: exactText().optional(),
  service: exactText().optional().describe("Older name of source"),
  type: exactText().optional(),
  correlationId: exactText().optional(),
  from: timeInQuery.optional().describe("Earliest occurredAt"),
  to: timeInQuery.optional().describe("occurredAt before this"),
  order: z.enum(["asc", "desc"]).default("desc").describe("By occurredAt; newest first unless told"),
  limit: limitParam(MOST_ITEMS, 50),
  cursor: cursor.optional(),
  page: wholeInQuery(1, MOST_SKIPPED).optional().describe("Number of a page, from 1; the answer has the total. A cursor costs less"),
});

const AS_CLOUD_EVENTS =
  "With `Accept: application/cloudevents-batch+json` the events of the page as an array of CloudEvents; the next page is the `Link` with `rel=next`.";
const AS_CLOUD_EVENT =
  "With `Accept: application/cloudevents+json` as a CloudEvent, once it is stored or dead; one that was sent as a CloudEvent is answered as it was sent.";

/** Reading events: `GET /v1/events`, `GET /v1/events/{eventId or id}`, and both under `/events` for older clients. */
export function readingRoutes(deps: ReadingRoutesDeps): FastifyPluginAsyncZod {
  const onRequest = [deps.auth.authenticate, deps.auth.requireScope("events:read"), deps.limits.requests];
  const tags = ["events"];
  const list = {
    tags,
    summary: "A tenant's events, by occurredAt",
    description: AS_CLOUD_EVENTS,
    querystring: listQuery,
    response: { 200: eventPageSchema },
  };
  const one = {
    tags,
    summary: "One event by eventId, or by id",
    description: AS_CLOUD_EVENT,
    params: z.object({ eventId: anyText }),
    querystring: oneQuery,
    response: { 200: eventViewSchema },
  };

  return async (app) => {
    for (const path of ["/v1/events", "/events"]) {
      app.get(path, { onRequest, schema: list }, (request, reply) => listEvents(deps, request, reply, request.query) as never);
      app.get(`${path}/:eventId`, { onRequest, schema: one }, (request, reply) => {
        return findEvent(deps, request, reply, request.params.eventId, request.query) as never;
      });
    }
  };
}

async function listEvents(deps: ReadingRoutesDeps, request: FastifyRequest, reply: FastifyReply, query: z.output<typeof listQuery>) {
  const tenantId = requireTenant(request, query.tenantId);
  const { userId, source, service, type: eventType, correlationId, from, to, order, limit, page } = query;
  if (source !== undefined && service !== undefined && source !== service) {
    throw problem("invalid-request", "source and service are two names of one filter; give one of them.");
  }
  const filter = { tenantId, userId, source: source ?? service, eventType, correlationId, from, to };
  const numbered = page === undefined ? undefined : await numberedPage(deps, request, reply, filter, { ...query, page });
  const position = numbered ? numbered.after : positionOf(query.cursor, ID_BYTES);
  // What no index narrows down is looked for among all events of the tenant.
  const isSearch = [filter.source, eventType, correlationId].some((one) => one !== undefined);
  const list = (signal: AbortSignal) => deps.events.list(filter, order, limit, position ?? undefined, deps.views.json, signal);
  const isBehindEnd = position === null;
  const { items, nextCursor } = isBehindEnd ? EMPTY_PAGE : await deps.reads[isSearch ? "search" : "page"](request, reply, list);
  if (numbered && nextCursor !== null && items.length < limit) throw problem("invalid-request", TOO_LARGE_FOR_NUMBERS);
  reply.header("X-Shards", userId === undefined ? "scatter" : "targeted");
  reply.header("Vary", "Accept");
  if (!wants(request.headers.accept, CLOUD_EVENT_BATCH)) return sendPage(reply, items, nextCursor, numbered?.numbers);
  if (nextCursor !== null) {
    const next = new URL(request.url, "http://gateway");
    next.searchParams.delete("page");
    next.searchParams.set("cursor", nextCursor);
    reply.header("Link", `<${next.pathname}${next.search}>; rel="next"`);
  }
  return reply.type(CLOUD_EVENT_BATCH).send(await cloudEventBatch(items));
}

const EMPTY_PAGE = { items: [], nextCursor: null };
const TOO_LARGE_FOR_NUMBERS =
  "The events of this page are larger than an answer may be (4 MiB), and the next number would leave some out. Ask with a smaller limit, or without page and follow nextCursor.";

/** Where a page begins that is asked for by its number, and the total. */
function numberedPage(
  deps: ReadingRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  filter: EventFilter,
  { page, limit, order, cursor }: Pick<z.output<typeof listQuery>, "limit" | "order" | "cursor"> & { page: number },
) {
  if (cursor !== undefined) throw problem("invalid-request", "page and cursor are two ways to the next events; give one of them.");
  const skip = (page - 1) * limit;
  if (skip > MOST_SKIPPED) {
    throw problem(
      "invalid-request",
      `A page by number is one of the first ${MOST_SKIPPED} events; follow nextCursor to read more, or narrow with from and to.`,
      {
        errors: [{ pointer: "/querystring/page", detail: `is behind the first ${MOST_SKIPPED} events` }],
      },
    );
  }
  return deps.reads.search(request, reply, async (signal) => {
    const { total, after } = await deps.events.beforePage(filter, order, skip, signal);
    return { after, numbers: { page, total } };
  });
}

async function findEvent(
  deps: ReadingRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  query: z.output<typeof oneQuery>,
) {
  const tenantId = requireTenant(request, query.tenantId);
  reply.header("X-Shards", query.userId === undefined ? "scatter" : "targeted");
  const searching: Searching = (wanted) => deps.reads.search(request, reply, () => deps.lookup.search(deps.partitions, wanted));
  const older: Older = (wanted, before) => deps.reads.search(request, reply, (signal) => deps.events.inOlderHours(wanted, before, signal));
  const json = (await byEventId(deps, tenantId, name, { ...query, older })) ?? (await byId(deps, tenantId, name, query.userId, searching));
  if (json === null) {
    const hourMs = hourIn(tenantId, name, query.occurredAt);
    if (hourMs !== undefined && (await deps.events.hasExpired(tenantId, hourMs))) throw problem("event-expired", EXPIRED);
    throw problem("event-not-found", "There is no such event.");
  }
  reply.header("Vary", "Accept");
  // What is on its way has no content yet: its state is JSON.
  const hasContent = /"status":"(stored|dead)"/.test(json);
  return wants(request.headers.accept, CLOUD_EVENT) && hasContent
    ? reply.type(CLOUD_EVENT).send(cloudEventOf(json))
    : sendJson(reply, json);
}

const EXPIRED = "There is no such event now; retention has removed events of its hour, and if it was stored, it is one of them.";

/** The hour that the event would have, in ms: its id says it, and so does the time that was asked for. */
function hourIn(tenantId: string, name: string, occurredAt: Date | undefined): number | undefined {
  const atMs = wantedBy(tenantId, name)?.id.readUIntBE(0, 6) ?? occurredAt?.getTime();
  return atMs === undefined ? undefined : atMs - (atMs % HOUR_MS);
}

/** A look-up through older hours, in turns with other searches. */
type Older = (wanted: FindByEventId, before: number) => Promise<EventDocument | null>;
type Asked = z.output<typeof oneQuery> & { older: Older };

/** Stored wins; then a newer acceptance that is on its way, then the dead letter. */
async function byEventId(deps: ReadingRoutesDeps, tenantId: string, eventId: string, query: Asked): Promise<string | null> {
  if (!isName(eventId)) return null;
  for (const identity of identitiesOf(tenantId, eventId)) {
    const json = await byIdentity(deps, tenantId, eventId, identity, query);
    if (json !== null) return json;
  }
  return null;
}

async function byIdentity(
  deps: ReadingRoutesDeps,
  tenantId: string,
  eventId: string,
  identity: string,
  query: Asked,
): Promise<string | null> {
  const idAt = (hourMs: number) => Buffer.from(eventUuid(hourMs, identity), "latin1");
  const atMs = query.occurredAt?.getTime();
  const hourMs = atMs === undefined ? undefined : atMs - (atMs % HOUR_MS);
  // Redis before MongoDB: an event leaves Redis only when it is in MongoDB, so this order misses nothing in between.
  const remembered = await deps.lookup
    .find(partitionOf(identity, deps.partitions), identity)
    .catch((error: unknown) => outageOf(error) ?? Promise.reject(error));
  const wanted = { tenantId, eventId, idAt, hourMs, userId: query.userId };
  // Redis knows the hour of what was sent lately. An id is looked at before all hours are.
  const known = remembered && !(remembered instanceof Error) ? remembered.hour * HOUR_MS : undefined;
  const anywhere = async () => {
    const { event, before } = await deps.events.byEventId(wanted);
    if (event || before === undefined) return event;
    return (await byOwnId(deps, tenantId, eventId, query.userId)) ?? query.older(wanted, before);
  };
  const stored = (known !== undefined && (await deps.events.byEventId({ ...wanted, hourMs: hourMs ?? known })).event) || (await anywhere());
  if (stored) return storedEventJson(stored);
  const letter = await deps.letters.ofEvent(tenantId, { eventId });
  if (remembered instanceof Error) {
    if (letter) return deadEventJson(letter);
    return sayOutage(REDIS_AWAY)(remembered);
  }
  if (remembered && !isDead(letter, remembered)) {
    const id = idAt(remembered.hour * HOUR_MS);
    return onItsWay(deps, { tenantId, eventId, id }, remembered);
  }
  return letter && deadEventJson(letter);
}

/** The stored event whose id this is. */
async function byOwnId(deps: ReadingRoutesDeps, tenantId: string, name: string, userId: string | undefined) {
  const wanted = wantedBy(tenantId, name);
  return wanted && deps.events.byId(tenantId, wanted.id, userId);
}

const REDIS_AWAY = "The event is not stored, and Redis, which knows what is on its way, does not answer";

/** Whether the letter is of the acceptance that Redis remembers; a corrected resend is another one. */
function isDead(letter: DeadLetterDocument | null, remembered: Remembered): boolean {
  return letter !== null && remembered.receipt.equals(letter.receipt.buffer);
}

async function onItsWay(
  deps: ReadingRoutesDeps,
  event: { tenantId: string; eventId: string; id: Buffer },
  { receipt, receivedAtMs, retrying }: Pick<Remembered, "receipt" | "receivedAtMs" | "retrying">,
): Promise<string> {
  const { tenantId, eventId, id } = event;
  const view = { eventId, id: uuidText(id), tenantId, receivedAt: new Date(receivedAtMs).toISOString() };
  if (!retrying) return JSON.stringify({ ...view, status: "queued" } satisfies EventView);
  const attempts = await deps.letters.attempts(id, receipt);
  return JSON.stringify({ ...view, status: "retrying", attempts: attempts.length } satisfies EventView);
}

/** Looks through the queue, in the caller's turn. */
type Searching = (wanted: Wanted) => ReturnType<Lookup["search"]>;

const NOT_ALL_LOOKED_THROUGH =
  "Nothing stored has this name, and not everything that waits to be stored could be looked through. Ask again later; an eventId that the producer chose is always found.";

/**
 * By a name under which Redis remembers nothing. Between the two looks into MongoDB lies the one into the queue: what was settled
 * meanwhile is found by the second.
 * @throws 404 that says so when the queue is too long to be looked through
 */
async function byId(
  deps: ReadingRoutesDeps,
  tenantId: string,
  name: string,
  userId: string | undefined,
  searching: Searching,
): Promise<string | null> {
  const wanted = wantedBy(tenantId, name);
  if (!wanted) return null;
  const known = await decided(deps, wanted, userId);
  if (known) return known;
  const search = await searching(wanted).catch(sayOutage(REDIS_AWAY));
  if (search.kind === "found") {
    const { eventId, id, receipt, receivedAtMs, acceptedAtMs } = search.record;
    return onItsWay(deps, { tenantId, eventId, id }, { receipt, receivedAtMs, retrying: acceptedAtMs > 0 });
  }
  const late = await decided(deps, wanted, userId);
  if (late || search.kind === "absent") return late;
  throw problem("event-not-found", NOT_ALL_LOOKED_THROUGH);
}

/** Stored or dead. */
async function decided(deps: ReadingRoutesDeps, { tenantId, id }: Wanted, userId: string | undefined): Promise<string | null> {
  const stored = await deps.events.byId(tenantId, id, userId);
  if (stored) return storedEventJson(stored);
  const letter = await deps.letters.ofEvent(tenantId, { id });
  return letter && deadEventJson(letter);
}

/** An id is a UUIDv8. An eventId that was generated is a UUIDv7, and from it follow the event's id and when it was received (`newIdentity`). */
function wantedBy(tenantId: string, name: string): Wanted | null {
  const bytes = uuidBytes(name);
  const version = bytes && (bytes[6] as number) >> 4;
  if (version === 8) return { tenantId, id: bytes as Buffer };
  if (version !== 7) return null;
  const receivedAtMs = (bytes as Buffer).readUIntBE(0, 6);
  const id = eventUuid(receivedAtMs - (receivedAtMs % HOUR_MS), nameDigest(tenantId, name));
  return { tenantId, id: Buffer.from(id, "latin1"), receivedAtMs };
}
