import type { Checkable, PutOff, TypeChecker, TypeVerdict } from "../../event-types/checker.js";
import { oddPayload } from "../../ingest/content-texts.js";
import type { EventDocument } from "../../store/documents.js";
import { type Batch, type Step, undecided, type WorkEvent } from "../batch.js";

/**
 * Events of a type that is not registered, and payloads that do not fit their type's schema, become dead letters. Events of tenants
 * without types cost one look into a Map (25 ns), the others about 0.5 µs. While nobody can tell which types there are
 * nothing is decided: `ready` throws StorageUnavailableError, an outage of which no event is to blame, and the batch is held.
 * @param isIdle whether another batch could begin at once. Given, tenants have shares: events of one whose checks are slow are put
 *   off, so that the others of their batch are stored. Absent, everything is waited for.
 */
export function checkTypes(checker: TypeChecker, isIdle?: () => boolean): Step {
  return async function checkTypesOfEvents(batch) {
    await checker.ready();
    const events = undecided(batch).filter((event) => checker.concerns(event.record.context.tenantId));
    if (events.length === 0) return;
    const verdicts = await judge(events.map(toCheckable), batch);
    events.forEach((event, i) => {
      const verdict = verdicts[i];
      if (verdict?.fits === undefined) event.outcome = { kind: "again", message: PUT_OFF, blamed: false, afterMs: verdict?.afterMs ?? 0 };
      else if (!verdict.fits) {
        event.outcome = { kind: "dead", reason: verdict.reason, message: verdict.message };
        if (verdict.failures) event.failures = verdict.failures;
      } else if (verdict.version !== undefined) (event.document as EventDocument).typeVersion = verdict.version;
    });
  };

  function judge(events: Checkable[], batch: Batch): Promise<(TypeVerdict | PutOff)[]> {
    if (!isIdle) return checker.judge(events);
    let isShared: boolean | undefined;
    const mayLinger = (): boolean => {
      isShared ??= batch.events.some(({ record }) => record.context.tenantId !== batch.events[0]?.record.context.tenantId);
      return !isShared && isIdle();
    };
    return checker.judgeInTurns(events, mayLinger);
  }
}

const PUT_OFF = "the checks of its tenant take more than their share of a worker; its turn comes";

function toCheckable({ record, event, document }: WorkEvent): Checkable {
  // The document has the text when a parse could lose something: all others cost nothing here.
  const text = event && document?.text !== undefined ? oddPayload(document.text, event) : document?.content?.payload;
  return { tenantId: record.context.tenantId, eventType: event?.eventType ?? "", payload: event?.payload, bytes: record.size, text };
}
