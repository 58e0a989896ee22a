import type { Buffer } from "node:buffer";
import { type FieldError, type ItemResult, isName, type ProblemCode } from "@streamforge/shared";
import { faultText, type JsonFault, type Places, placesIn } from "../lib/json-fault.js";
import type { Appender } from "../stream/appender.js";
import type { Appendable } from "../stream/flush.js";
import type { DedupeRecord, EventContext } from "../stream/record.js";
import { cloudEventPointer } from "./decode/cloud-event.js";
import type { Slice } from "./decode/decoder.js";
import { faultsOf, readItem } from "./decode/item.js";
import { bodyHash, type DedupeStrategy, eventUuid, identify, newIdentity } from "./identify.js";
import { normalize } from "./normalize.js";
import type { Doubt, SecondLook, Verdict } from "./second-look.js";

export const HOUR_MS = 3_600_000;

/** What the items of one request share. */
export interface IngestScope {
  context: EventContext;
  idempotencyKey: string | undefined;
  /** Names an event that has no id of its own, where its source tells one message from every other one. */
  name?: string;
  /** The body may hold several items; else the item is the whole body. */
  several: boolean;
  /** NDJSON: a bad item is named by its line and byte. */
  lines?: boolean;
  /** For the places of bad items in the body. */
  places?: Places;
  /** Redis's clock, ms. */
  receivedAtMs: number;
}

/** One item on its way in. */
export interface Item extends Appendable {
  index: number;
  rejection: { code: ProblemCode; detail: string; errors?: FieldError[]; fault?: JsonFault } | undefined;
  /** The earlier item of the same request that has the same identity. */
  twin: Item | undefined;
  /** Digest of an event without a lasting identity: a duplicate's eventId follows from it and the first one's time. */
  ephemeral: boolean;
  /** Its content is its identity: it cannot conflict. */
  byContent: boolean;
  /** The request has an idempotency key that this item has no use for: its eventId is its identity. */
  keyUnused: boolean;
  /** Whether its content is the first one's; undefined while nobody had to ask, because the texts are the same. */
  verdict: Verdict | undefined;
}

/** The event that has the identity. */
interface FirstOne {
  eventId: string;
  id: string;
  receivedAtMs: number;
}

/** How an item is answered. */
export type ItemOutcome =
  | { status: "accepted" }
  | ({ status: "duplicate" } & FirstOne)
  /** `unread`: the first one could not be read, so it is not known whether both say the same. */
  | ({ status: "conflict"; unread: boolean } & FirstOne)
  | { status: "rejected"; code: ProblemCode; detail: string; errors?: FieldError[] }
  | { status: "retry"; code: ProblemCode };

export interface IngestLimits {
  maxEventBytes: number;
  maxDepth: number;
  strategy: DedupeStrategy;
  partitions: number;
  /** Whether events of this user are refused; asked for each event, so the answer is in memory. Absent: of none. */
  isBlocked?: (tenantId: string, userId: string) => boolean;
}

export interface Ingest {
  /** Takes items out of a body: parse, normalise, identify. Nothing is stored yet. `position` is added to a slice's place to name it under an idempotency key. */
  receive(body: Buffer, slices: readonly Slice[], scope: IngestScope, position: (index: number, slice: Slice) => number): Item[];
  /** Appends what was received. Afterwards each item has its outcome. Never rejects. */
  append(items: Item[]): Promise<void>;
}

/** The way in, top to bottom: parse → normalise → identify → (find twins) → append → (compare what came again otherwise). */
export function createIngest(appender: Appender, secondLook: SecondLook, limits: IngestLimits): Ingest {
  const receiveOne = (text: Buffer, index: number, position: number, scope: IngestScope): Item => {
    const parsed = readItem(scope.context.format, text, limits, scope.several ? (scope.lines ? "line" : "item") : "body");
    if (parsed.kind === "rejected") {
      const item = rejectedItem(index, text, scope, parsed.code, parsed.detail, parsed.errors);
      if (item.rejection && parsed.fault) item.rejection.fault = parsed.fault;
      return item;
    }

    const { value, json } = parsed;
    const event = normalize(value, json, scope.context.defaultType, scope.receivedAtMs);
    if (Array.isArray(event)) {
      const errors = scope.context.format === "cloudevent" ? event.map(asSentInCloudEvent) : event;
      const { eventId: sent } = value;
      // Not echoed when it is itself what is wrong: it may be as long as the event.
      const eventId = typeof sent === "string" && isName(sent) ? sent : "";
      return rejectedItem(index, text, scope, "invalid-event", faultsOf(errors), errors, eventId);
    }

    const { idempotencyKey } = scope;
    const { eventId, id, identity, byContent } = identify(
      { text: json, item: value, event },
      {
        tenantId: scope.context.tenantId,
        strategy: limits.strategy,
        idempotencyKey,
        position,
        name: scope.name,
        receivedAtMs: scope.receivedAtMs,
      },
    );
    if (limits.isBlocked?.(scope.context.tenantId, event.userId ?? event.partitionKey ?? event.subject ?? eventId))
      return rejectedItem(index, text, scope, "user-blocked", BLOCKED, undefined, eventId);
    return {
      index,
      eventId,
      id,
      identity,
      hash: bodyHash(text),
      text,
      receivedAtMs: scope.receivedAtMs,
      context: scope.context,
      partition: limits.partitions === 1 ? 0 : partitionOf(identity, limits.partitions),
      ephemeral:
        event.eventId === undefined && idempotencyKey === undefined && scope.name === undefined && event.occurredAtMs === undefined,
      byContent,
      keyUnused: idempotencyKey !== undefined && event.eventId !== undefined,
      verdict: undefined,
      twin: undefined,
      rejection: undefined,
      receipt: undefined,
      outcome: undefined,
    };
  };

  return {
    receive(body, slices, scope, position) {
      let bad = false;
      const items = slices.map((slice, index) => {
        const item = receiveOne(body.subarray(slice.start, slice.end), index, position(index, slice), scope);
        if (item.rejection) bad = true;
        return item;
      });
      if (bad) placeRejections(body, slices, items, scope);
      return items;
    },
    async append(items) {
      if (items.length > 1) findTwins(items);
      await appender.append(items.length === 1 && !items[0]?.rejection ? items : items.filter((item) => !item.rejection && !item.twin));
      const doubts = items.flatMap((item) => doubtOf(item) ?? []);
      if (doubts.length > 0) await secondLook(doubts);
    },
  };
}

/** By the names that the producer knows. */
function asSentInCloudEvent({ pointer, detail }: FieldError): FieldError {
  return { pointer: cloudEventPointer(pointer), detail };
}

/** Says of each bad item where it stands in the body. */
function placeRejections(body: Buffer, slices: readonly Slice[], items: Item[], scope: IngestScope): void {
  let places = scope.places;
  for (const [i, { rejection }] of items.entries()) {
    if (!rejection || !(rejection.fault || scope.lines)) continue;
    places ??= placesIn(body);
    const place = places.at((slices[i] as Slice).start);
    if (rejection.fault) rejection.detail = faultText(rejection.fault, place);
    else rejection.detail += ` (line ${place.line}, byte ${place.byte})`;
  }
}

/** What has to be compared to answer an item: it came again, its text is another one, and its content is not its identity. */
function doubtOf(item: Item): Doubt | undefined {
  if (item.rejection || item.byContent) return undefined;
  const { outcome } = item.twin ?? item;
  if (outcome?.kind === "known") {
    const { first } = outcome;
    return first.hash.toString("latin1") === item.hash ? undefined : { item, first, id: eventUuid(first.hour * HOUR_MS, item.identity) };
  }
  return item.twin && outcome?.kind === "accepted" && item.twin.hash !== item.hash ? { item, first: item.twin } : undefined;
}

const BLOCKED = "Its user was erased, and events of this user are refused since.";

/** The partition of an identity: its first four bytes, modulo. */
export function partitionOf(identity: string, partitions: number): number {
  const c = identity.charCodeAt.bind(identity);
  return (((c(0) << 24) | (c(1) << 16) | (c(2) << 8) | c(3)) >>> 0) % partitions;
}

/** Within one request the first of an identity is appended; later ones are answered by what became of it. */
function findTwins(items: Item[]): void {
  const seen = new Map<string, Item>();
  for (const item of items) {
    if (item.rejection) continue;
    const first = seen.get(item.identity);
    if (first) item.twin = first;
    else seen.set(item.identity, item);
  }
}

function rejectedItem(
  index: number,
  text: Buffer,
  scope: IngestScope,
  code: ProblemCode,
  detail: string,
  errors?: FieldError[],
  eventId = "",
): Item {
  const { context, receivedAtMs } = scope;
  const rejection = errors ? { code, detail, errors } : { code, detail };
  return {
    index,
    eventId,
    id: "",
    identity: "",
    hash: "",
    text,
    receivedAtMs,
    context,
    partition: 0,
    ephemeral: false,
    byContent: false,
    keyUnused: false,
    verdict: undefined,
    twin: undefined,
    rejection,
    receipt: undefined,
    outcome: undefined,
  };
}

/** What to tell the producer about an item, after `append`. */
export function outcomeOf(item: Item): ItemOutcome {
  if (item.rejection) {
    const { code, detail, errors } = item.rejection;
    return errors ? { status: "rejected", code, detail, errors } : { status: "rejected", code, detail };
  }
  if (item.twin) return twinOutcome(item, item.twin);
  const outcome = item.outcome;
  if (!outcome) return { status: "retry", code: "outcome-unknown" };
  if (outcome.kind === "accepted") return { status: "accepted" };
  if (outcome.kind === "retry") return { status: "retry", code: outcome.code };
  return againstFirst(item, outcome.first);
}

function twinOutcome(item: Item, first: Item): ItemOutcome {
  const decided = outcomeOf(first);
  if (decided.status === "accepted") return sameOrNot(item, first.hash, first);
  // What stood in the first one's way stands in this one's; only the bodies are compared anew.
  return first.outcome?.kind === "known" ? againstFirst(item, first.outcome.first) : decided;
}

function againstFirst(item: Item, first: DedupeRecord): ItemOutcome {
  const { receivedAtMs } = first;
  const { eventId, id } = item.ephemeral
    ? newIdentity(item.context.tenantId, receivedAtMs, item.identity, undefined)
    : { eventId: item.eventId, id: eventUuid(first.hour * HOUR_MS, item.identity) };
  return sameOrNot(item, first.hash.toString("latin1"), { eventId, id, receivedAtMs });
}

/** @param hash of the first one */
function sameOrNot(item: Item, hash: string, { eventId, id, receivedAtMs }: FirstOne): ItemOutcome {
  const first = { eventId, id, receivedAtMs };
  if (hash === item.hash || item.byContent || item.verdict === "same") return { status: "duplicate", ...first };
  return { status: "conflict", unread: item.verdict === "unread", ...first };
}

/** Said of a conflict that may be none. */
export const UNREAD =
  "The first one could not be read in time, so its content was not compared. If both say the same, send this one again later: it will then be a duplicate.";

/** An item's line in the results of a batch. */
export function itemResult(item: Item, outcome: ItemOutcome): ItemResult {
  const result: ItemResult = { index: item.index, status: outcome.status };
  if (item.eventId !== "")
    result.eventId = outcome.status === "duplicate" || outcome.status === "conflict" ? outcome.eventId : item.eventId;
  if (outcome.status === "conflict") {
    result.code = "identity-conflict";
    if (outcome.unread) result.detail = UNREAD;
  }
  if (outcome.status === "rejected" || outcome.status === "retry") result.code = outcome.code;
  if (outcome.status === "rejected") result.detail = outcome.detail;
  return result;
}
