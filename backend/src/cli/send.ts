import { randomUUID } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { type BatchSummary, grouped, type ItemResult } from "@streamforge/shared";
import { type Command, InvalidArgumentError, Option } from "commander";
import { inLine, printable, printableInLine } from "./printable.js";
import { type Totals, upload } from "./upload.js";

export interface SendCommandDeps {
  url: () => string;
  show: (value: unknown, text: string) => void;
}

interface SendOptions {
  key: string;
  wait?: number;
  stream?: boolean;
  all?: boolean;
  type?: string;
  idempotencyKey?: string;
}

const TYPES: [pattern: RegExp, type: string][] = [
  [/\.(ndjson|jsonl)$/, "application/x-ndjson"],
  [/\.xml$/, "application/xml"],
];
const PROGRESS_MS = 1_000;

/** `sf send`: events from a file or standard input, as a producer sends them. */
export function addSendCommand(program: Command, { url, show }: SendCommandDeps): void {
  program
    .command("send [file]")
    .description("send events from a file, or from standard input. Ends with 1 unless all of them were taken")
    .addOption(new Option("--key <key>", "API key with the scope events:write").env("STREAMFORGE_KEY").makeOptionMandatory())
    .addOption(new Option("--wait <seconds>", "wait until they are stored or dead").argParser(readSeconds).conflicts("stream"))
    .option("--stream", "line by line, of any length: results as they are decided, resumed when the connection breaks")
    .option("--all", "show every result, not only what was neither accepted nor a duplicate")
    .option("--type <type>", "media type; unset, by the file's name, else JSON (with --stream NDJSON)")
    .option("--idempotency-key <key>", "identity of events that have no eventId")
    .action(async (file: string | undefined, options: SendOptions) => {
      const headers: Record<string, string> = {
        authorization: `Bearer ${options.key}`,
        "content-type": options.type ?? typeOf(file) ?? (options.stream ? "application/x-ndjson" : "application/json"),
      };
      const key = options.idempotencyKey ?? (options.stream ? `sf-${randomUUID()}` : undefined);
      if (key !== undefined) headers["idempotency-key"] = key;
      if (options.stream) await stream(new URL("/v1/ingest/stream", url()), file, headers, options, show);
      else await sendWhole(new URL("/v1/events", url()), file, headers, options, show);
    });
}

const typeOf = (file: string | undefined): string | undefined => TYPES.find(([pattern]) => file !== undefined && pattern.test(file))?.[1];

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > 30) throw new InvalidArgumentError("1 to 30 seconds.");
  return seconds;
}

/** An answer for one event, for many, or a problem. */
interface Answer extends Partial<BatchSummary> {
  eventId?: string;
  status?: string | number;
  deadLetter?: string;
  code?: string;
  title?: string;
}

async function sendWhole(
  url: URL,
  file: string | undefined,
  headers: Record<string, string>,
  { wait, all }: SendOptions,
  show: SendCommandDeps["show"],
): Promise<void> {
  const body = file === undefined ? await buffer(process.stdin) : await readFile(file);
  if (wait !== undefined) headers.prefer = `wait=${wait}`;
  if (all) url.searchParams.set("results", "all");
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(60_000 + (wait ?? 0) * 1_000),
  }).catch(() => {
    throw new Error(`No StreamForge answers at ${url.origin}. Start it with npm start, or name the right address with --url.`);
  });
  const answer = (await response.json()) as Answer;
  show(answer, answer.results === undefined ? describeOne(inLine(answer), response.status) : describeMany(inLine(answer)));
  const refused = !(response.ok || answer.code === "duplicate") || response.status === 207;
  if (refused || answer.status === "dead" || (answer.dead ?? 0) > 0) process.exitCode = 1;
}

function describeOne({ eventId, status, code, detail, title, deadLetter }: Answer, answered: number): string {
  if (typeof status !== "string") return `${code ?? answered}: ${detail ?? title ?? ""}`;
  return `${eventId} is ${status}${deadLetter ? ` (dead letter ${deadLetter}): ${code}: ${detail}` : ""}`;
}

function describeMany(answer: Answer): string {
  const { accepted, duplicates, conflicts, rejected, retry, stored, dead, results = [] } = answer;
  const decided = stored === undefined ? "" : `; ${stored} stored, ${dead} dead by now`;
  const counts = `${accepted} accepted, ${duplicates} duplicates, ${conflicts} conflicts, ${rejected} rejected, ${retry} to be sent again`;
  return [...results.map((result) => JSON.stringify(result)), `${counts}${decided}`].join("\n");
}

async function stream(
  url: URL,
  file: string | undefined,
  headers: Record<string, string>,
  { all }: SendOptions,
  show: SendCommandDeps["show"],
): Promise<void> {
  const bytes = file === undefined ? undefined : statSync(file).size;
  let toldAtMs = Date.now();
  const totals = await upload({
    url,
    headers,
    open: (start) => (file === undefined ? process.stdin : createReadStream(file, { start })),
    resumable: file !== undefined,
    onResult: (result) => {
      if (all || !isFine(result)) console.log(printable(JSON.stringify(result)));
    },
    onProgress: (offset) => {
      if (Date.now() - toldAtMs < PROGRESS_MS) return;
      toldAtMs = Date.now();
      const share = bytes ? ` of ${grouped(bytes)} (${Math.floor((offset / bytes) * 100)} %)` : "";
      console.error(`${grouped(offset)} bytes${share} are decided`);
    },
    onBreak: (why, offset) => console.error(printableInLine(`${why}; resuming at byte ${grouped(offset)}`)),
  });
  show(totals, describeTotals(totals));
  if (totals.conflicts + totals.rejected > 0) process.exitCode = 1;
}

const isFine = ({ status }: ItemResult): boolean => status === "accepted" || status === "duplicate";

function describeTotals({ accepted, duplicates, conflicts, rejected, offset }: Totals): string {
  return `${grouped(accepted)} accepted, ${grouped(duplicates)} duplicates, ${conflicts} conflicts, ${rejected} rejected; ${grouped(offset)} bytes`;
}
