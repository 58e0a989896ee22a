import type { Decided } from "../../stream/decisions.js";
import type { Step, WorkEvent } from "../batch.js";

/** Sends what was decided to the api process of that name. */
export type Tell = (api: string, decided: Decided[]) => Promise<void>;

/**
 * Tells those who wait what became of their events, in one message for each api process. By now it is settled. A message that is lost
 * costs a look at the deadline, so nothing waits for it here.
 */
export function tellWaiting(tell: Tell): Step {
  return function tellWhoWaits({ events }) {
    let byApi: Map<string, Decided[]> | undefined;
    for (const event of events) {
      const api = event.record.context.reply;
      if (api === undefined) continue;
      const decided = decidedOf(event);
      if (!decided) continue;
      byApi ??= new Map();
      const others = byApi.get(api);
      if (others) others.push(decided);
      else byApi.set(api, [decided]);
    }
    if (byApi) for (const [api, decided] of byApi) tell(api, decided).catch(() => {});
  };
}

/** Of an event that was stored before, what is stored says when. Where two workers decided differently, the look at the deadline says which stands. */
function decidedOf({ record, outcome, document, met, disputed }: WorkEvent): Decided | undefined {
  if (!outcome || outcome.kind === "again" || disputed) return undefined;
  const receipt = record.receipt.toString("latin1");
  if (outcome.kind === "dead") return { receipt, decision: outcome };
  const storedAtMs = outcome.kind === "stored" && !met ? document?.storedAt.getTime() : undefined;
  return { receipt, decision: storedAtMs === undefined ? undefined : { kind: "stored", storedAtMs } };
}
