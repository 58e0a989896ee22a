/**
 * Input names per field, preferred first. Another name that lost to a better one, or whose value does not fit, is ordinary data: a
 * `timestamp` that is no time, a `type` that is an object. A preferred name whose value does not fit is refused.
 */
export const INPUT_NAMES = {
  eventId: ["eventId", "event_id", "id"],
  eventType: ["eventType", "event_type", "type"],
  userId: ["userId", "user_id"],
  subject: ["subject", "entityId"],
  partitionKey: ["partitionKey"],
  occurredAt: ["occurredAt", "occurred_at", "timestamp", "time"],
  source: ["source", "service"],
  schemaVersion: ["schemaVersion"],
  specVersion: ["specVersion"],
  payload: ["payload", "data"],
} as const;
