import type { EventView, LetterStatus } from "@streamforge/shared";
import { Badge, type Tone } from "./badge.js";

const eventWords: Record<EventView["status"], [string, Tone]> = {
  queued: ["Queued", "neutral"],
  retrying: ["Retrying", "warn"],
  stored: ["Stored", "good"],
  dead: ["Dead letter", "bad"],
};

/** Where an event is on its way. */
export function EventStatus({ status }: { status: EventView["status"] }) {
  const [text, tone] = eventWords[status];
  return <Badge tone={tone}>{text}</Badge>;
}

const letterWords: Record<LetterStatus, [string, Tone]> = {
  open: ["Open", "bad"],
  replaying: ["Replaying", "warn"],
  resolved: ["Resolved", "good"],
  discarded: ["Discarded", "neutral"],
  superseded: ["Superseded", "neutral"],
};

/** What became of a dead letter. */
export function LetterState({ status }: { status: LetterStatus }) {
  const [text, tone] = letterWords[status];
  return <Badge tone={tone}>{text}</Badge>;
}
