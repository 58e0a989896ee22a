import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { type ItemAnswer, readAnswer } from "./answers.js";
import type { Journal, SentBody } from "./journal.js";

export type SendFormat = "single" | "array" | "ndjson" | "xml";

/** An event to send: its id and its text, byte for byte: JSON, or an element for the format `xml`. */
export interface Item {
  eventId: string;
  text: string;
}

export interface ProducerOptions {
  /** Base URL, or several that take turns (a producer that knows more than one API process). */
  apiUrl: string | readonly string[];
  apiKey: string;
  /** Tenant of the key: identities in the journal are named by it. */
  tenantId: string;
  journal: Journal;
  /** Most requests under way at once (default 32). */
  concurrency?: number;
  /** Events a second aimed at; unset, as fast as the answers come. */
  ratePerSecond?: number;
  /** A request without an answer after this long is unknown, in ms (default 10,000). */
  requestTimeoutMs?: number;
  /** How long an unknown outcome is tried again, in ms from its first sending (default 60,000). */
  deadlineMs?: number;
  /** Pause before a retry, in ms (default 100); `Retry-After` is followed up to `maxRetryDelayMs` (default 1,000). */
  retryDelayMs?: number;
  maxRetryDelayMs?: number;
  /** Where events go (default `/v1/events`). */
  path?: string;
}

export interface SendOptions {
  format?: SendFormat;
  headers?: Record<string, string>;
}

export interface RunOptions extends SendOptions {
  /** Events in a request (default 100; always 1 for "single"). */
  batch?: number;
  signal?: AbortSignal;
}

export interface Producer {
  /**
   * Sends items in one request, and those with an unknown outcome again, same ids and same bytes, until the deadline.
   * @returns the last answer of each item, in order; never rejects for what the server or the network does
   */
  send(items: readonly Item[], options?: SendOptions): Promise<ItemAnswer[]>;
  /** Sends a whole series in batches, at the rate and concurrency of the producer. Resolves when every item has its last answer. */
  run(items: Iterable<Item>, options?: RunOptions): Promise<void>;
  close(): Promise<void>;
}

/** An event's item: the JSON text that will be sent. */
export function toItem(event: { eventId: string }): Item {
  return { eventId: event.eventId, text: JSON.stringify(event) };
}

/** The request's body and type. */
export function encode(items: readonly Item[], format: SendFormat): { body: string; contentType: string } {
  if (format === "ndjson") return { body: `${items.map((item) => item.text).join("\n")}\n`, contentType: "application/x-ndjson" };
  const texts = items.map((item) => item.text);
  if (format === "xml") return { body: `<events>${texts.join("\n")}</events>`, contentType: "application/xml" };
  return { body: format === "array" ? `[${texts.join(",")}]` : (texts[0] ?? ""), contentType: "application/json" };
}

/**
 * A producer as the contract wants it: it keeps its own copy until it is told that it may forget it, and it writes down
 * everything it was told.
 */
export function createProducer(options: ProducerOptions): Producer {
  const { journal, tenantId, concurrency = 32, requestTimeoutMs = 10_000, deadlineMs = 60_000 } = options;
  const { retryDelayMs = 100, maxRetryDelayMs = 1_000, path = "/v1/events" } = options;
  const urls = typeof options.apiUrl === "string" ? [options.apiUrl] : options.apiUrl;
  const pools = urls.map(
    (url) =>
      new Pool(new URL(url).origin, {
        connections: concurrency,
        pipelining: 1,
        connect: { timeout: requestTimeoutMs },
        headersTimeout: requestTimeoutMs,
        bodyTimeout: requestTimeoutMs,
      }),
  );
  let turn = 0;

  /** One request, no retries. */
  const once = async (items: readonly Item[], { format = "single", headers = {} }: SendOptions): Promise<ItemAnswer[]> => {
    const { body, contentType } = encode(items, format);
    const pool = pools[turn++ % pools.length] as Pool;
    try {
      const response = await pool.request({
        method: "POST",
        path,
        headers: { authorization: `Bearer ${options.apiKey}`, "content-type": contentType, ...headers },
        body,
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const text = await response.body.text();
      return readAnswer(response.statusCode, text, items.length, format !== "single", response.headers["retry-after"]);
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      return items.map(() => ({ status: 0, code: code ?? name, outcome: "unknown", again: true }));
    }
  };

  const send = async (items: readonly Item[], sendOptions: SendOptions = {}): Promise<ItemAnswer[]> => {
    if (items.length > 1 && (sendOptions.format ?? "single") === "single") throw new Error("format single takes one item");
    const bodies = items.map((item) => journal.sent(tenantId, item.eventId, item.text));
    const answers: ItemAnswer[] = new Array(items.length);
    const startedAtMs = Date.now();
    let open = items.map((_, index) => index);
    for (;;) {
      const sentAtMs = Date.now();
      const got = await once(
        open.map((index) => items[index] as Item),
        sendOptions,
      );
      const answeredAtMs = Date.now();
      open.forEach((index, k) => {
        const answer = got[k] as ItemAnswer;
        answers[index] = answer;
        const { status, code, outcome } = answer;
        journal.answered(tenantId, (items[index] as Item).eventId, bodies[index] as SentBody, {
          sentAtMs,
          answeredAtMs,
          status,
          code,
          outcome,
        });
      });
      open = open.filter((index) => answers[index]?.again);
      const wanted = Math.max(retryDelayMs, ...open.map((index) => answers[index]?.retryAfterMs ?? 0));
      const delayMs = Math.min(wanted, Math.max(retryDelayMs, maxRetryDelayMs));
      if (open.length === 0 || Date.now() + delayMs - startedAtMs > deadlineMs) return answers;
      await sleep(delayMs);
    }
  };

  const run = async (items: Iterable<Item>, { batch = 100, signal, ...sendOptions }: RunOptions = {}): Promise<void> => {
    const size = (sendOptions.format ?? "single") === "single" ? 1 : batch;
    const batches = inBatches(items, size);
    const pace = createPace(options.ratePerSecond);
    const lane = async (): Promise<void> => {
      for (;;) {
        if (signal?.aborted) return;
        const next = batches.next();
        if (next.done) return;
        await pace(next.value.length);
        await send(next.value, sendOptions);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
  };

  return {
    send,
    run,
    async close() {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}

function* inBatches(items: Iterable<Item>, size: number): Generator<Item[], undefined> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Waits until it is the turn of the next `n` events. A stall is caught up with: the rate holds over the whole run. */
function createPace(ratePerSecond: number | undefined): (n: number) => Promise<void> {
  const startedAtMs = performance.now();
  let given = 0;
  return async (n) => {
    if (ratePerSecond === undefined) return;
    const dueAtMs = startedAtMs + (given * 1000) / ratePerSecond;
    given += n;
    const waitMs = dueAtMs - performance.now();
    if (waitMs > 1) await sleep(waitMs);
  };
}
