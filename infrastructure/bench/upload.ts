import { Readable } from "node:stream";
import { request } from "undici";
import { makeEvent } from "../load/events.js";
import { peakRssBytes, resetPeak, rssBytes } from "./proc.js";
import type { System } from "./system.js";

/** One long NDJSON body through `POST /v1/ingest/stream`: memory must not grow with it. */
export interface UploadPhase {
  bytes: number;
  events: number;
  accepted: number;
  seconds: number;
  /** The API's highest resident memory during the upload above what it had before, in bytes. */
  apiGrowth: number | undefined;
}

const CHUNK_BYTES = 128 * 1024;
/** Bytes of filling in each event: with 300-byte events a gigabyte would be 3.5 million of them, minutes of work for MongoDB. */
const FILLING = "x".repeat(4_000);

function* body(bytes: number, count: { events: number; bytes: number }): Generator<string> {
  let chunk = "";
  while (count.bytes < bytes) {
    const event = makeEvent(count.events++);
    const line = `${JSON.stringify({ ...event, payload: { ...event.payload, note: FILLING } })}\n`;
    count.bytes += line.length;
    chunk += line;
    if (chunk.length < CHUNK_BYTES) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}

/** @throws Error with the answer when the upload is not accepted */
export async function upload({ host, port, pids }: System, apiKey: string, mebibytes: number): Promise<UploadPhase> {
  const count = { events: 0, bytes: 0 };
  const before = rssBytes(pids.api);
  resetPeak(pids.api);
  const startedAt = performance.now();
  const response = await request(`http://${host}:${port}/v1/ingest/stream`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/x-ndjson" },
    body: Readable.from(body(mebibytes * 2 ** 20, count)),
    headersTimeout: 600_000,
  });
  const text = await response.body.text();
  if (response.statusCode !== 202) throw new Error(`the upload was answered ${response.statusCode}: ${text.slice(0, 500)}`);
  const { accepted } = JSON.parse(text) as { accepted: number };
  const peak = peakRssBytes(pids.api);
  return {
    bytes: count.bytes,
    events: count.events,
    accepted,
    seconds: (performance.now() - startedAt) / 1000,
    apiGrowth: peak === undefined || before === undefined ? undefined : peak - before,
  };
}
