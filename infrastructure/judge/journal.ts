import { hash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** What an answer means to the producer: it may forget its copy, it must not expect the event to be stored, or it cannot tell. */
export type AnswerKind = "acknowledged" | "refused" | "unknown";

/** One time a body was sent, and what came back. */
export interface Attempt {
  /** When it was sent and when its answer (or its failure) was there; ms since 1970. */
  sentAtMs: number;
  answeredAtMs: number;
  /** HTTP status of the request, 0 when there was no answer. */
  status: number;
  /** Problem code or item status; for a lost connection the error's code. */
  code: string;
  outcome: AnswerKind;
}

/** One body that was sent under an identity; a conflict test sends several. */
export interface SentBody {
  /** The item's JSON text exactly as sent, from its `{` to its `}`. */
  text: string;
  /** First 8 bytes of SHA-256 over the text, hex: how stored events and dead letters name a body. */
  hash: string;
  attempts: Attempt[];
}

export interface SentIdentity {
  tenantId: string;
  eventId: string;
  /** In the order of their first sending. */
  bodies: SentBody[];
}

/** What a producer sent and what it was told: the list that StreamForge is judged by. */
export interface Journal {
  readonly identities: ReadonlyMap<string, SentIdentity>;
  /** Bodies that were acknowledged, each counted once. */
  acknowledged(): number;
  /** Notes that a body is about to be sent; call it before the first byte leaves. */
  sent(tenantId: string, eventId: string, text: string): SentBody;
  /** Notes what became of it. */
  answered(tenantId: string, eventId: string, body: SentBody, attempt: Attempt): void;
  /** Writes what is buffered and closes the file, if there is one. */
  close(): void;
}

/** One line of a journal's file: a body before it is sent, or an answer. */
type Line =
  | { t: string; e: string; text: string }
  | { t: string; e: string; n: number; sent: number; at: number; status: number; code: string; outcome: AnswerKind };

const FLUSH_BYTES = 64 * 1024;

/**
 * Makes an empty journal.
 * @param file appended to, one JSON line for each event in the journal's life; unset, it lives in memory alone
 */
export function createJournal({ file }: { file?: string } = {}): Journal {
  const identities = new Map<string, SentIdentity>();
  const fd = file === undefined ? undefined : openSync(file, "a");
  let pending: string[] = [];
  let pendingBytes = 0;
  const acknowledged = new Set<SentBody>();

  const flush = (): void => {
    if (fd === undefined || pending.length === 0) return;
    writeSync(fd, pending.join(""));
    pending = [];
    pendingBytes = 0;
  };
  const write = (line: Line): void => {
    if (fd === undefined) return;
    const text = `${JSON.stringify(line)}\n`;
    pending.push(text);
    pendingBytes += text.length;
    if (pendingBytes >= FLUSH_BYTES) flush();
  };

  return {
    identities,
    acknowledged: () => acknowledged.size,
    sent(tenantId, eventId, text) {
      const identity = take(identities, tenantId, eventId);
      const known = identity.bodies.find((body) => body.text === text);
      if (known) return known;
      const body: SentBody = { text, hash: bodyHash(text), attempts: [] };
      identity.bodies.push(body);
      write({ t: tenantId, e: eventId, text });
      return body;
    },
    answered(tenantId, eventId, body, attempt) {
      body.attempts.push(attempt);
      if (attempt.outcome === "acknowledged") acknowledged.add(body);
      if (fd === undefined) return;
      const n = take(identities, tenantId, eventId).bodies.indexOf(body);
      const { sentAtMs, answeredAtMs, status, code, outcome } = attempt;
      write({ t: tenantId, e: eventId, n, sent: sentAtMs, at: answeredAtMs, status, code, outcome });
    },
    close() {
      flush();
      if (fd !== undefined) closeSync(fd);
    },
  };
}

/** Reads a journal's file back; a last line that was cut off by a crash is left out. */
export function loadJournal(file: string): Journal {
  const journal = createJournal();
  for (const text of readFileSync(file, "utf8").split("\n")) {
    const line = parseLine(text);
    if (line === undefined) continue;
    if ("text" in line) {
      journal.sent(line.t, line.e, line.text);
      continue;
    }
    const body = journal.identities.get(identityKey(line.t, line.e))?.bodies[line.n];
    if (!body) throw new Error(`${file}: an answer for ${line.e}, which was never sent`);
    const { sent: sentAtMs, at: answeredAtMs, status, code, outcome } = line;
    journal.answered(line.t, line.e, body, { sentAtMs, answeredAtMs, status, code, outcome });
  }
  return journal;
}

function parseLine(text: string): Line | undefined {
  try {
    return text === "" ? undefined : (JSON.parse(text) as Line);
  } catch {
    return undefined;
  }
}

function take(identities: Map<string, SentIdentity>, tenantId: string, eventId: string): SentIdentity {
  const key = identityKey(tenantId, eventId);
  let identity = identities.get(key);
  if (!identity) {
    identity = { tenantId, eventId, bodies: [] };
    identities.set(key, identity);
  }
  return identity;
}

/** How an identity is written in sets and verdicts; no tenant id holds a slash. */
export function identityKey(tenantId: string, eventId: string): string {
  return `${tenantId}/${eventId}`;
}

function bodyHash(text: string): string {
  return hash("sha256", text, "hex").slice(0, 16);
}
