import type { TypeChecker } from "../../event-types/checker.js";
import { StorageUnavailableError } from "../../lib/errors.js";
import type { EventDocument } from "../../store/documents.js";
import { type Step, undecided, type WorkEvent } from "../batch.js";

/**
 * Events of a type that is not registered, and payloads that do not fit their type's schema, become dead letters. Events of tenants
 * without types cost one look into a Map (25 ns), the others about 0.5 µs. While nobody can tell which types there are
 * nothing is decided: it throws StorageUnavailableError, an outage of which no event is to blame, and the batch is held.
 */
export function checkTypes(checker: TypeChecker): Step {
  return async function checkTypesOfEvents(batch) {
    await checker.ready().catch(asOutage);
    const events = undecided(batch).filter((event) => checker.concerns(event.record.context.tenantId));
    if (events.length === 0) return;
    const verdicts = await checker.judge(events.map(toCheckable)).catch(asOutage);
    events.forEach((event, i) => {
      const verdict = verdicts[i];
      if (verdict?.fits === false) {
        event.outcome = { kind: "dead", reason: verdict.reason, message: verdict.message };
        if (verdict.failures) event.failures = verdict.failures;
      } else if (verdict?.version !== undefined) (event.document as EventDocument).typeVersion = verdict.version;
    });
  };
}

function toCheckable({ record, event }: WorkEvent) {
  return { tenantId: record.context.tenantId, eventType: event?.eventType ?? "", payload: event?.payload, bytes: record.size };
}

function asOutage(error: Error): never {
  throw new StorageUnavailableError("redis", error.message);
}
