import { Readable } from "node:stream";
import { Pool } from "undici";
import { createJournal, type Journal, readAnswer } from "../judge/index.js";
import { makeEvent } from "./events.js";
import type { Target } from "./target.js";

export type LoadFormat = "single" | "array" | "ndjson" | "stream";

export interface SenderOptions {
  target: Target;
  format: LoadFormat;
  /** Events in a request. */
  batch: number;
  connections: number;
  timeoutMs: number;
  /** Keep everything that was sent and answered, for the judge: some 600 bytes of memory an event. */
  keepJournal?: { tenantId: string };
}

/** What became of one request. */
export interface Sent {
  status: number;
  /** Error code when there was no answer. */
  error: string;
  events: number;
  acknowledged: number;
}

export interface Sender {
  post(): Promise<Sent>;
  /** A fair sample of acknowledged event ids. */
  sample(): string[];
  journal: Journal;
  close(): Promise<void>;
}

const SAMPLE = 200;

/** Makes events and sends them; it neither retries nor paces. */
export function createSender({ target, format, batch, connections, timeoutMs, keepJournal }: SenderOptions): Sender {
  const pool = new Pool(target.url, { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const size = format === "single" ? 1 : batch;
  const path = format === "stream" ? "/v1/ingest/stream" : "/v1/events";
  const type = format === "ndjson" || format === "stream" ? "application/x-ndjson" : "application/json";
  const headers = { authorization: `Bearer ${target.apiKey}`, "content-type": type };
  const journal = createJournal();
  const sampled: string[] = [];
  let made = 0;
  let acknowledgedInAll = 0;

  /** Each acknowledged event has the same chance to be in the sample, however many there will be. */
  const consider = (eventId: string): void => {
    acknowledgedInAll++;
    if (sampled.length < SAMPLE) sampled.push(eventId);
    else if (Math.random() < SAMPLE / acknowledgedInAll) sampled[Math.floor(Math.random() * SAMPLE)] = eventId;
  };

  const bodyOf = (texts: string[]): string | Readable => {
    if (format === "single") return texts[0] as string;
    if (format === "array") return `[${texts.join(",")}]`;
    if (format === "ndjson") return `${texts.join("\n")}\n`;
    return Readable.from(chunked(texts));
  };

  const post = async (): Promise<Sent> => {
    const events = Array.from({ length: size }, () => makeEvent(made++));
    const texts = events.map((event) => JSON.stringify(event));
    const tenantId = keepJournal?.tenantId;
    const bodies = tenantId === undefined ? [] : events.map(({ eventId }, n) => journal.sent(tenantId, eventId, texts[n] as string));
    const sentAtMs = Date.now();
    let status = 0;
    let error = "";
    let answers: ReturnType<typeof readAnswer> = [];
    try {
      const response = await pool.request({ method: "POST", path, headers, body: bodyOf(texts) });
      status = response.statusCode;
      answers = readAnswer(status, await response.body.text(), size, format !== "single");
    } catch (failure) {
      error = (failure as NodeJS.ErrnoException).code ?? (failure as Error).name;
    }
    let acknowledged = 0;
    events.forEach(({ eventId }, n) => {
      const { outcome = "unknown", code = error } = answers[n] ?? {};
      if (outcome === "acknowledged") {
        acknowledged++;
        consider(eventId);
      }
      const body = bodies[n];
      if (tenantId !== undefined && body)
        journal.answered(tenantId, eventId, body, { sentAtMs, answeredAtMs: Date.now(), status, code, outcome });
    });
    return { status, error, events: size, acknowledged };
  };

  return { post, sample: () => [...sampled], journal, close: () => pool.destroy() };
}

/** A body in pieces of 64 KB or so, whose length nobody announced: what a pipe would send. */
function* chunked(texts: string[]): Generator<string> {
  let piece = "";
  for (const text of texts) {
    piece += `${text}\n`;
    if (piece.length >= 65_536) {
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
}
