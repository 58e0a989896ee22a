import type { TypeSample } from "@streamforge/shared";
import type { EventDocument } from "../store/documents.js";
import { bounded } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import type { TypeChecker } from "./checker.js";
import { newCheck } from "./registry.js";

/** A tenant's newest events are looked through, this many at most: a rare type must not cost a walk over all of them. */
const NEWEST = 50_000;
const SAMPLE = 1_000;
const EXAMPLES = 5;
/** Payloads are read and checked this many at a time: 1,000 of 256 KB are not held at once. */
const AT_ONCE = 100;
const MAX_TIME_MS = 4_000;

export interface TypeSamples {
  /** Checks the newest stored events of a type against a schema. @param schema JSON text @param signal ends it, in MongoDB as well */
  check(tenantId: string, type: string, schema: string, signal: AbortSignal): Promise<TypeSample>;
  /** Types among the tenant's newest stored events, the most frequent first. */
  typesOf(tenantId: string, signal: AbortSignal): Promise<{ type: string; events: number }[]>;
}

export interface TypeSamplesDeps {
  store: Store;
  checker: TypeChecker;
  /** The payload's text when it has numbers that doubles do not hold; of the event's text. */
  oddPayload: (text: string, receivedAtMs: number) => string | undefined;
}

type Sample = Pick<EventDocument, "eventId" | "payload" | "text" | "receivedAt">;

export function createTypeSamples({ store, checker, oddPayload }: TypeSamplesDeps): TypeSamples {
  const options = { maxTimeMS: MAX_TIME_MS, hint: "tenant_time", batchSize: AT_ONCE } as const;
  const newest = (tenantId: string) => [{ $match: { tenantId } }, { $sort: { occurredAt: -1, _id: -1 } }, { $limit: NEWEST }];

  return {
    check: (tenantId, type, schema, signal) =>
      bounded(
        async () => {
          const sample: TypeSample = { checked: 0, failing: 0, examples: [] };
          const registered = { version: 0, schema, check: newCheck() };
          const stages = [
            ...newest(tenantId),
            { $match: { eventType: type } },
            { $limit: SAMPLE },
            { $project: { eventId: 1, payload: 1, text: 1, receivedAt: 1 } },
          ];
          const cursor = store.events.aggregate<Sample>(stages, { ...options, signal });
          const judge = async (events: Sample[]): Promise<void> => {
            // Their size is not known without writing them out: all go under the guard.
            const payloads = events.map(({ payload, text, receivedAt }) => ({
              payload,
              bytes: Number.MAX_SAFE_INTEGER,
              text: text === undefined ? undefined : oddPayload(text, receivedAt.getTime()),
            }));
            const refusals = await checker.judgeType(tenantId, registered, payloads);
            refusals.forEach((refusal, i) => {
              sample.checked++;
              if (!refusal) return;
              sample.failing++;
              const failures = refusal.failures ?? [{ pointer: "", detail: refusal.message }];
              if (sample.examples.length < EXAMPLES) sample.examples.push({ eventId: events[i]?.eventId ?? "", failures });
            });
          };
          let some: Sample[] = [];
          for await (const event of cursor) {
            if (some.push(event) < AT_ONCE) continue;
            await judge(some);
            some = [];
          }
          await judge(some);
          return sample;
        },
        undefined,
        signal,
      ),

    typesOf: (tenantId, signal) =>
      bounded(
        () =>
          store.events
            .aggregate<{ type: string; events: number }>(
              [
                ...newest(tenantId),
                { $group: { _id: "$eventType", events: { $sum: 1 } } },
                { $sort: { events: -1, _id: 1 } },
                { $limit: 100 },
                { $project: { _id: 0, type: "$_id", events: 1 } },
              ],
              { ...options, signal, batchSize: 100 },
            )
            .toArray(),
        undefined,
        signal,
      ),
  };
}
