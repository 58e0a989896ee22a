/** Judges StreamForge from outside: by what a producer was told, and what MongoDB and Redis hold. Imports nothing of the backend. */

export { type ItemAnswer, readAnswer } from "./answers.js";
export { type AuditOptions, audit } from "./audit.js";
export {
  type AnswerKind,
  type Attempt,
  createJournal,
  identityKey,
  type Journal,
  loadJournal,
  type SentBody,
  type SentIdentity,
} from "./journal.js";
export {
  createProducer,
  type Item,
  type Producer,
  type ProducerOptions,
  type RunOptions,
  type SendFormat,
  type SendOptions,
  toItem,
} from "./producer.js";
export { type SettledOptions, settled } from "./redis-view.js";
export type { Verdict } from "./verdict.js";
