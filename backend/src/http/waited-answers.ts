import { Buffer } from "node:buffer";
import type { BatchSummary, ItemResult } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import { uuidText } from "../ingest/identify.js";
import { type Item, itemResult, outcomeOf } from "../ingest/ingest.js";
import type { Wait } from "../ingest/waits.js";
import type { Decision } from "../stream/decisions.js";
import { hourOfId } from "../stream/record.js";
import type { IngestMetrics } from "../telemetry/metrics.js";
import { countOne, countSummary, keyNote, locationOf, sendMany, sendOne, summarize, wantsAll } from "./event-answers.js";
import { applied } from "./preferences.js";

type Final = Exclude<Decision, { kind: "duplicate" }>;

/** Counts what was appended in the metrics, before anybody waits. */
export function countAppended(metrics: IngestMetrics, items: Item[], single: boolean): void {
  if (single) countOne(metrics, outcomeOf(items[0] as Item));
  else countSummary(metrics, summarize(items, items.map(outcomeOf), false));
}

/** Answers a request that waited: 201 for what is stored, 202 for what is dead or still on its way, the rest as without waiting. */
export function answerWaited(request: FastifyRequest, reply: FastifyReply, items: Item[], single: boolean, wait: Wait, seconds: number) {
  if (items.some((item) => outcomeOf(item).status === "accepted")) applied(reply, `wait=${seconds}`);
  const decisions = items.map((item) => finalOf(item, wait.decisionOf(item)));
  const [item, decision] = [items[0] as Item, decisions[0]];
  if (!single) return sendWaited(request, reply, items, decisions);
  return decision ? sendDecided(reply, item, decision) : sendOne(request, reply, item, outcomeOf(item));
}

/** A worker found that the same event was stored before: from now on the item is as one that was known at the door. */
function finalOf(item: Item, decision: Decision | undefined): Final | undefined {
  if (decision?.kind !== "duplicate") return decision;
  const { hash, id } = item;
  const { receivedAtMs } = decision;
  item.outcome = { kind: "known", first: { hash: Buffer.from(hash, "latin1"), receipt: NONE, receivedAtMs, hour: hourOfId(id) } };
  return undefined;
}

const NONE = Buffer.alloc(0);

function sendDecided(reply: FastifyReply, item: Item, decision: Final): FastifyReply {
  const { eventId, id, receivedAtMs } = item;
  const note = keyNote([item]);
  return reply
    .code(decision.kind === "stored" ? 201 : 202)
    .header("Location", locationOf(item, item))
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send({
      eventId,
      id: uuidText(id),
      receivedAt: new Date(receivedAtMs).toISOString(),
      ...(note === undefined ? {} : { detail: note }),
      ...membersOf(item, decision),
    });
}

/** What an answer says of a decided event. */
function membersOf({ id, hash }: Item, decision: Final) {
  if (decision.kind === "stored") return { status: "stored" as const, storedAt: new Date(decision.storedAtMs).toISOString() };
  const { reason: code, message: detail } = decision;
  return { status: "dead" as const, deadLetter: Buffer.from(id + hash, "latin1").toString("hex"), code, detail };
}

function sendWaited(request: FastifyRequest, reply: FastifyReply, items: Item[], decisions: (Final | undefined)[]): FastifyReply {
  const all = wantsAll(request);
  const outcomes = items.map(outcomeOf);
  const { results: _, ...counts } = summarize(items, outcomes, false);
  const decided = { stored: 0, dead: 0 };
  const results: ItemResult[] = [];
  items.forEach((item, i) => {
    const [outcome, decision] = [outcomes[i] as (typeof outcomes)[number], decisions[i]];
    if (decision) decided[decision.kind]++;
    const isFine = outcome.status === "duplicate" || (outcome.status === "accepted" && decision?.kind !== "dead");
    if (all || !isFine) results.push({ ...itemResult(item, outcome), ...(decision ? membersOf(item, decision) : {}) });
  });
  const summary: BatchSummary = { ...counts, ...decided, results };
  return sendMany(request, reply, items, summary, decided.stored === counts.accepted ? 201 : 202);
}
