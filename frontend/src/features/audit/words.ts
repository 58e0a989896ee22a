import type { AuditItem } from "@streamforge/shared";

/** What was done, in words; in the order of the filter. */
const actions: Record<string, string> = {
  "key.create": "Created a key",
  "key.rotate": "Rotated a key",
  "key.revoke": "Revoked a key",
  "tenant.create": "Created a tenant",
  "tenant.update": "Changed a tenant",
  "user.create": "Added a person",
  "user.update": "Changed a person",
  "user.password": "Changed a password",
  "session.create": "Signed in",
  "session.delete": "Signed out",
  "session.revoke": "Ended sessions",
  "sign-in-failed": "Failed sign-ins",
  "settings.update": "Changed settings",
  "event-type.register": "Registered an event type",
  "event-type.update": "Changed an event type",
  "event-type.retire": "Retired an event type",
  "dead-letters.retry": "Retried dead letters",
  "dead-letters.discard": "Discarded dead letters",
  "replay.create": "Started a replay",
  "replay.pause": "Paused a replay",
  "replay.resume": "Resumed a replay",
  "replay.cancel": "Cancelled a replay",
  "export.create": "Started an export",
  "retention.create": "Started a run of retention",
  "retention.end": "Removed what was too old",
  "retention.pause": "Paused a run of retention",
  "retention.resume": "Resumed a run of retention",
  "retention.cancel": "Cancelled a run of retention",
  "ledger.acknowledge": "Acknowledged an alarm",
};

/** An action that this page does not know yet is shown as the API names it. */
export const actionWords = (action: string) => actions[action] ?? action;

export const actionChoices = Object.entries(actions).map(([value, label]) => ({ value, label }));

/** What was acted on, by its name, as far as one was noted: its own, or the actor's, who signed in; else its id. */
export function targetWords({ actor, before, after, targetId }: AuditItem): string {
  const noted = [after, before].flatMap((side) => {
    const { email, name } = (side ?? {}) as { email?: unknown; name?: unknown };
    return [email, name];
  });
  const named = noted.find((name): name is string => typeof name === "string" && name !== "");
  return named ?? (targetId === actor.id ? actor.name : targetId);
}

const actors: Record<string, string> = { user: "person", key: "API key", "admin-token": "admin token", system: "StreamForge" };
/** By which door they came. */
export const actorWords = (kind: AuditItem["actor"]["kind"]) => actors[kind] ?? kind;
