/**
 * The tenant whose neighbours misbehave, as a process of its own: what an attack costs its own client must not count.
 * It sends and reads at a calm, fixed rate, whether or not earlier answers have come, and measures each answer.
 *
 *     VICTIM_URL, VICTIM_KEY, VICTIM_ADDRESS (the source address of its connections)
 *
 * Run by Node from source. Messages: the name of a phase begins it, an empty one ends it and sends its `Measures` back.
 */
import { Agent, request } from "node:http";

/** One phase, in ms. */
export interface Measures {
  /** From the request to its answer: single events and small batches. */
  accept: number[];
  /** The same of reads: one event, a page, a page of a user. */
  reads: number[];
  /** Answers that were no success, by status, and connections that failed, by code. */
  failed: Record<string, number>;
}

const SINGLE_EVERY_MS = 40;
const BATCH_EVERY_MS = 500;
const READ_EVERY_MS = 100;
const BATCH_EVENTS = 20;
const TIMEOUT_MS = 60_000;

const { VICTIM_URL = "", VICTIM_KEY = "", VICTIM_ADDRESS } = process.env;
const agent = new Agent({ keepAlive: true, localAddress: VICTIM_ADDRESS });

let measures: Measures = { accept: [], reads: [], failed: {} };
let timers: NodeJS.Timeout[] = [];
let underWay: Promise<void>[] = [];

process.on("message", (phase: string) => {
  if (phase) begin(phase);
  else void end();
});
process.on("disconnect", () => process.exit());

function begin(phase: string): void {
  let sent = 0;
  let known = 0;
  const event = () => ({ eventId: `${phase}-${sent++}`, eventType: "calm.event", userId: `user-${sent % 10}`, payload: { sent } });
  const post = (items: object[]) => {
    const last = sent - 1;
    const lines = `${items.map((item) => JSON.stringify(item)).join("\n")}\n`;
    ask(measures.accept, "POST", "/v1/events", lines, () => {
      known = last;
    });
  };
  const reads = [() => `/v1/events/${phase}-${known}`, () => "/v1/events?limit=20", () => `/v1/events?limit=20&userId=user-${sent % 10}`];
  let turn = 0;
  post([event()]);
  timers = [
    setInterval(() => post([event()]), SINGLE_EVERY_MS),
    setInterval(() => post(Array.from({ length: BATCH_EVENTS }, event)), BATCH_EVERY_MS),
    // What it asks for first may still be on its way.
    setInterval(() => ask(measures.reads, "GET", (reads[known > 0 ? turn++ % reads.length : 1] as () => string)()), READ_EVERY_MS),
  ];
}

async function end(): Promise<void> {
  for (const timer of timers) clearInterval(timer);
  await Promise.all(underWay);
  process.send?.(measures);
  measures = { accept: [], reads: [], failed: {} };
  underWay = [];
}

function ask(took: number[], method: string, path: string, body?: string, done = () => {}): void {
  const begunAt = performance.now();
  const fail = (what: string): void => {
    measures.failed[what] = (measures.failed[what] ?? 0) + 1;
  };
  const headers = { authorization: `Bearer ${VICTIM_KEY}`, ...(body ? { "content-type": "application/x-ndjson" } : {}) };
  underWay.push(
    new Promise((resolve) => {
      const asked = request(`${VICTIM_URL}${path}`, { method, agent, headers, timeout: TIMEOUT_MS }, (answer) => {
        answer
          .on("data", () => {})
          .on("close", () => {
            took.push(performance.now() - begunAt);
            if ((answer.statusCode ?? 0) >= 300) fail(`${method} ${answer.statusCode}`);
            else done();
            resolve();
          });
      });
      asked.on("timeout", () => asked.destroy(new Error("timeout")));
      asked.on("error", (error: NodeJS.ErrnoException) => {
        took.push(performance.now() - begunAt);
        fail(`${method} ${error.code ?? error.message}`);
        resolve();
      });
      asked.end(body);
    }),
  );
}
