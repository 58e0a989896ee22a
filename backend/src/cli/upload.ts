import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { ItemResult, Problem, StreamSummary } from "@streamforge/shared";

export interface UploadOptions {
  url: URL;
  headers: Record<string, string>;
  /** The body from this byte on. */
  open: (offset: number) => Readable;
  /** Whether `open` can be called again. */
  resumable: boolean;
  onResult: (result: ItemResult) => void;
  /** Told how far it is: every byte before the offset is decided. */
  onProgress: (offset: number) => void;
  /** Told why the connection broke, before it is made anew. */
  onBreak: (why: string, offset: number) => void;
}

export type Totals = Omit<StreamSummary, "results" | "resultsOmitted" | "detail">;

/** How one connection ended. */
interface End {
  summary?: StreamSummary;
  problem?: Partial<Problem>;
  /** Nobody answered, or the answer broke off. */
  broken?: string;
}

type Line = (ItemResult & { offset: number }) | { summary: StreamSummary; problem?: Partial<Problem> };

/** Connections in a row that decide nothing, after which it is given up. */
const MOST_VAIN = 10;
const PAUSE_MS = 1_000;
/** Those end when one waits; any other problem is the upload's own. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

const COUNTS = ["accepted", "duplicates", "conflicts", "rejected", "retry"] as const;

/**
 * Sends a body to `/v1/ingest/stream` and reads its results meanwhile. A connection that breaks is made anew, and the rest is sent from
 * the last offset that was decided; an item whose result was lost comes back as a duplicate.
 * @throws Error in one sentence when it cannot be finished
 */
export async function upload(options: UploadOptions): Promise<Totals> {
  const totals: Totals = { accepted: 0, duplicates: 0, conflicts: 0, rejected: 0, retry: 0, offset: 0 };
  for (let vain = 0; ; vain++) {
    const before = totals.offset;
    const end = await connectOnce(options, totals);
    if (totals.offset > before) vain = 0;
    if (end.summary && !end.problem && totals.retry === 0) return totals;
    const why = end.broken ?? end.problem?.detail ?? end.problem?.title ?? "an item's outcome is not known";
    const passes = end.broken !== undefined || !end.problem || PASSING.has(end.problem.status ?? 500);
    if (!passes || !options.resumable || vain >= MOST_VAIN) throw new Error(`${why} (decided up to byte ${totals.offset})`);
    options.onBreak(why, totals.offset);
    totals.retry = 0;
    await sleep(PAUSE_MS);
  }
}

function connectOnce({ url, headers, open, onResult, onProgress }: UploadOptions, totals: Totals): Promise<End> {
  return new Promise((resolve) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent: false,
      headers: { ...headers, accept: "application/x-ndjson", "x-stream-offset": String(totals.offset) },
    });
    const body = open(totals.offset);
    const end = (how: End): void => {
      body.destroy();
      request.destroy();
      resolve(how);
    };
    body.once("error", (error) => end({ problem: { status: 400, detail: `It cannot be read: ${error.message}` } }));
    request.on("error", (error) => end({ broken: `The connection broke: ${error.message}` }));
    request.once("response", async (answer) => {
      const take = (line: Line): void => {
        if ("summary" in line) return;
        count(totals, line);
        onResult(line);
        onProgress(totals.offset);
      };
      end(await readAnswer(answer, totals, take).catch((error: Error) => ({ broken: `The answer broke off: ${error.message}` })));
    });
    body.pipe(request);
  });
}

async function readAnswer(answer: IncomingMessage, totals: Totals, take: (line: Line) => void): Promise<End> {
  if (answer.statusCode !== 200) return { problem: await problemOf(answer) };
  for await (const text of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
    // The last one may be half a line.
    const line = parse(text);
    if (!line) break;
    take(line);
    if (!("summary" in line)) continue;
    totals.offset = line.summary.offset;
    return line.problem ? { summary: line.summary, problem: line.problem } : { summary: line.summary };
  }
  return { broken: "The answer broke off" };
}

async function problemOf(answer: IncomingMessage): Promise<Partial<Problem>> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  const status = answer.statusCode ?? 500;
  return { title: `It was answered ${status}`, ...(parse(text) as Partial<Problem> | undefined), status };
}

function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

function count(totals: Totals, { status, offset }: ItemResult & { offset: number }): void {
  const name = COUNTS.find((one) => one === status || one === `${status}s`);
  if (name) totals[name]++;
  totals.offset = offset;
}
