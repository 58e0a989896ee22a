import type { ReasonCode } from "./api.js";

// Apart from the schemas, so that the dashboard's first page has these words without zod.

/** What a reason means and what can be done, in words for anyone who reads a dead letter. */
export interface ReasonHelp {
  title: string;
  /** What happened, one or two sentences. */
  meaning: string;
  /** What can be done, the usual first. */
  actions: string[];
}

export const reasonHelp: Record<ReasonCode, ReasonHelp> = {
  UNKNOWN_TYPE: {
    title: "Unknown event type",
    meaning: "The tenant has registered event types, and this event's type is none of them. Nothing was stored.",
    actions: [
      "If the type is right, register it, then retry these letters.",
      "If it is misspelt, retry with a patch of the type, and have the producer corrected.",
      "The producer may also send the corrected event again under the same eventId; once it is stored, this letter is superseded.",
    ],
  },
  SCHEMA_INVALID: {
    title: "Does not fit its schema",
    meaning: "The payload does not fit the JSON Schema registered for its type. The failures name each place.",
    actions: [
      "If the schema is too strict, register a new version, then retry.",
      "If the payload is wrong in the same way everywhere, retry with a patch: a dry run shows the first differences.",
      "The producer may also send the corrected event again under the same eventId; once it is stored, this letter is superseded.",
    ],
  },
  IDENTITY_CONFLICT: {
    title: "Identity is taken",
    meaning: "An event with another body is stored under the same eventId. What is stored was not overwritten.",
    actions: [
      "Compare it with the stored event. If this one adds nothing, discard it.",
      "If it is an event of its own, the producer has to send it again under an eventId of its own. A retry cannot store it.",
    ],
  },
  UNPROCESSABLE: {
    title: "Cannot be processed",
    meaning: "The event cannot be stored for what it is: MongoDB refuses its document, or it ended the process that worked on it.",
    actions: [
      "Read the message: it names the field or the limit.",
      "Retry with a patch that removes what cannot be stored.",
      "If it ended a worker, keep the letter for anyone who looks into the fault, and retry after the correction.",
    ],
  },
  INVALID_EVENT: {
    title: "No event",
    meaning: "A message from Kafka cannot be read as an event. Its sender could not be told, so its bytes are kept here.",
    actions: [
      "Read the message: it says what is wrong, and the origin says where Kafka has it.",
      "Have the producer corrected. It may send the corrected event under the same eventId; once it is stored, this letter is superseded.",
      "If it is JSON with a fault in a field, retry with a patch. If it is no event of yours, discard it.",
    ],
  },
  RETRY_EXHAUSTED: {
    title: "Failed too often",
    meaning: "Every attempt failed with an error that named this event. Outages never count as attempts.",
    actions: ["Read the attempts: they hold each error.", "Remove the cause (an index, a validator, a limit), then retry."],
  },
};
