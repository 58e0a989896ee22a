import { setTimeout as sleep } from "node:timers/promises";
import { makeTexts } from "../load/events.js";
import { createLatencyRecorder, type LatencySummary } from "../load/histogram.js";
import { openWire, type Wire } from "./wire.js";

/** The load generator is a process of its own, so that its CPU can be told from everybody else's. It is spoken to over IPC. */

export interface GeneratorOrder {
  host: string;
  port: number;
  apiKey: string;
  path: string;
  format: "single" | "array" | "ndjson";
  /** Events in a request. */
  batch: number;
  events: number;
  connections: number;
  /** Requests a second; latency then counts from when a request was due. Unset: each connection sends as soon as it is answered. */
  requestsPerSecond?: number;
}

export interface GeneratorResult {
  startedAtMs: number;
  endedAtMs: number;
  requests: number;
  requestBytes: number;
  statuses: Record<string, number>;
  latency: LatencySummary;
}

export type GeneratorMessage = { kind: "ready" } | { kind: "done"; result: GeneratorResult } | { kind: "failed"; message: string };

const RETRY_PAUSE_MS = 20;
const MAX_LOST = 1_000;
/** Refusals in a row, over all connections, after which nobody believes in "later" any more. */
const MAX_REFUSALS = 5_000;

/** Builds every request before the clock starts: what is measured is the server, and the cheapest client it can have. */
function buildRequests({ host, port, apiKey, path, format, batch, events }: GeneratorOrder): Buffer[] {
  const texts = makeTexts(events);
  const type = format === "ndjson" ? "application/x-ndjson" : "application/json";
  const head = `POST ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: ${type}\r\n`;
  const requests: Buffer[] = [];
  for (let at = 0; at < events; at += batch) {
    const items = texts.slice(at, at + batch);
    const body = format === "ndjson" ? `${items.join("\n")}\n` : format === "array" ? `[${items.join(",")}]` : (items[0] as string);
    requests.push(Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`));
  }
  return requests;
}

interface Lane {
  wire: Wire;
  /** The request under way; undefined while idle. */
  index: number | undefined;
  dueAt: number;
  /** Waits before it sends its request again. */
  pausing: boolean;
}

/** Opens the connections, then resolves to a function that sends everything and resolves when all is acknowledged. */
async function prepare(order: GeneratorOrder): Promise<() => Promise<GeneratorResult>> {
  const requests = buildRequests(order);
  const latency = createLatencyRecorder();
  const statuses: Record<string, number> = {};
  const lanes: Lane[] = [];
  const due: { index: number; at: number }[] = [];
  let next = 0;
  let unanswered = requests.length;
  let refusals = 0;
  let lost = 0;
  const refused = new Set<number>();
  let done: () => void = () => {};
  let failed: (error: Error) => void = () => {};

  const start = (lane: Lane, index: number, dueAt: number): void => {
    lane.index = index;
    lane.dueAt = dueAt;
    lane.wire.send(requests[index] as Buffer);
  };
  const takeNext = (lane: Lane): void => {
    lane.index = undefined;
    if (order.requestsPerSecond !== undefined) {
      const waiting = due.shift();
      if (waiting) start(lane, waiting.index, waiting.at);
    } else if (next < requests.length) {
      start(lane, next++, performance.now());
    }
  };
  const answered = (lane: Lane, status: number): void => {
    // An idle connection's 408: the server closes what was never used, and `reopen` opens it anew.
    if (lane.index === undefined) return;
    const index = lane.index;
    statuses[status] = (statuses[status] ?? 0) + 1;
    // 409 "duplicate": an earlier try, answered 503, did arrive.
    if (status === 202 || (status === 409 && refused.has(index))) {
      latency.record(performance.now() - lane.dueAt);
      refusals = 0;
      if (--unanswered === 0) done();
      else takeNext(lane);
      return;
    }
    // Both say "later".
    if ((status !== 429 && status !== 503) || ++refusals > MAX_REFUSALS) {
      failed(new Error(`a request was answered ${status}`));
      return;
    }
    refused.add(index);
    lane.pausing = true;
    setTimeout(() => {
      lane.pausing = false;
      start(lane, index, lane.dueAt);
    }, RETRY_PAUSE_MS);
  };
  /** Opens a lane's connection; one that is lost is opened anew, and what was under way goes again (same ids). */
  const open = async (lane: Lane): Promise<void> => {
    lane.wire = await openWire(
      order.host,
      order.port,
      (status) => answered(lane, status),
      () => void reopen(lane),
    );
  };
  const reopen = async (lane: Lane): Promise<void> => {
    if (++lost > MAX_LOST) return failed(new Error(`${lost} connections were lost`));
    await open(lane).catch(failed);
    if (lane.index !== undefined && !lane.pausing) {
      refused.add(lane.index);
      start(lane, lane.index, lane.dueAt);
    }
  };
  for (let n = 0; n < order.connections; n++) {
    const lane = { index: undefined, dueAt: 0, pausing: false } as unknown as Lane;
    await open(lane);
    lanes.push(lane);
  }

  /** Every ms, gives the requests that are due to idle connections. A late timer counts as latency, as it should. */
  const dispatchAtRate = async (rate: number): Promise<void> => {
    const startedAt = performance.now();
    while (next < requests.length) {
      const dueNow = Math.min(requests.length, Math.floor(((performance.now() - startedAt) * rate) / 1000) + 1);
      for (; next < dueNow; next++) {
        const at = startedAt + (next * 1000) / rate;
        const idle = lanes.find((lane) => lane.index === undefined);
        if (idle) start(idle, next, at);
        else due.push({ index: next, at });
      }
      await sleep(1);
    }
  };

  return async () => {
    const startedAtMs = Date.now();
    const finished = new Promise<void>((resolve, reject) => {
      done = resolve;
      failed = reject;
    });
    if (order.requestsPerSecond === undefined) for (const lane of lanes) takeNext(lane);
    else void dispatchAtRate(order.requestsPerSecond);
    await finished;
    const endedAtMs = Date.now();
    for (const { wire } of lanes) wire.close();
    const requestBytes = requests.reduce((sum, request) => sum + request.length, 0);
    return { startedAtMs, endedAtMs, requests: requests.length, requestBytes, statuses, latency: latency.summary() };
  };
}

const tell = (message: GeneratorMessage): void => void process.send?.(message);
let go: (() => Promise<GeneratorResult>) | undefined;
process.on("message", async (message: { kind: "prepare"; order: GeneratorOrder } | { kind: "go" }) => {
  try {
    if (message.kind === "prepare") {
      go = await prepare(message.order);
      tell({ kind: "ready" });
    } else if (go) {
      tell({ kind: "done", result: await go() });
    }
  } catch (error) {
    tell({ kind: "failed", message: (error as Error).message });
  }
});
process.on("disconnect", () => process.exit(0));
