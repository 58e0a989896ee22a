import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { Pool } from "undici";
import { storedSoFar } from "../load/outcome.js";
import { figure, table } from "../load/report.js";
import { checkTarget, resolveTarget, type Target } from "../load/target.js";
import { createMix, type Sending } from "./mix.js";

interface Options {
  rate: number;
  duration?: number;
  url?: string;
  key?: string;
  allowRemote?: boolean;
}

/** How the API answered, in the words of its contract. */
type Answer = "accepted" | "duplicate" | "conflict" | "rejected" | "later" | "no answer";
const ANSWERS: readonly Answer[] = ["accepted", "duplicate", "conflict", "rejected", "later", "no answer"];
type Tally = Map<string, number>;

const CONNECTIONS = 32;
const TICK_MS = 20;

function answerOf(status: number): Answer {
  if (status === 200 || status === 201 || status === 202) return "accepted";
  if (status === 409) return "duplicate";
  if (status === 422) return "conflict";
  return status === 429 || status >= 500 ? "later" : "rejected";
}

const add = (tally: Tally, name: string): void => void tally.set(name, (tally.get(name) ?? 0) + 1);
const counted = (tally: Tally, names: Iterable<string>): string =>
  [...names]
    .filter((name) => tally.has(name))
    .map((name) => `${figure(tally.get(name))} ${name}`)
    .join(", ");

/** Sends at the rate until told to stop, and counts what was sent and what was answered. */
async function send(target: Target, rate: number, signal: AbortSignal, note: (sending: Sending, answer: Answer) => void): Promise<void> {
  const pool = new Pool(target.url, { connections: CONNECTIONS, pipelining: 1 });
  const headers = { authorization: `Bearer ${target.apiKey}`, "content-type": "application/json" };
  const next = createMix();
  const underWay = new Set<Promise<void>>();
  const post = async (sending: Sending): Promise<void> => {
    const answer = await pool.request({ method: "POST", path: "/v1/events", headers, body: sending.text }).then(
      async (response) => {
        await response.body.dump();
        return answerOf(response.statusCode);
      },
      (): Answer => "no answer",
    );
    note(sending, answer);
  };
  const startedAt = performance.now();
  for (let sent = 0; !signal.aborted; await sleep(TICK_MS)) {
    const due = ((performance.now() - startedAt) * rate) / 1000;
    for (; sent < due && !signal.aborted; sent++) {
      // When the server cannot follow, the demo waits with it rather than pile up.
      if (underWay.size >= CONNECTIONS * 4) await Promise.race(underWay);
      const posting: Promise<void> = post(next()).finally(() => underWay.delete(posting));
      underWay.add(posting);
    }
  }
  await Promise.all(underWay);
  await pool.close();
}

async function demo(options: Options): Promise<void> {
  const target = resolveTarget(options);
  await checkTarget(target);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  if (options.duration !== undefined) setTimeout(() => stop.abort(), options.duration * 1000).unref();

  console.log(`Sending about ${figure(options.rate)} events/s to ${target.url}; watch them on ${target.url}/ . Ctrl-C ends it.\n`);
  const startedAt = performance.now();
  const answers: Tally = new Map();
  const kinds: Tally = new Map();
  const types: Tally = new Map();
  let now: Tally = new Map();
  let extra: Tally = new Map();
  const tick = setInterval(() => {
    const [answered, special] = [now, extra];
    [now, extra] = [new Map(), new Map()];
    const on = special.size > 0 ? `   (among them ${counted(special, special.keys())})` : "";
    console.log(`${new Date().toLocaleTimeString("en-GB")}  ${counted(answered, ANSWERS) || "nothing answered"}${on}`);
  }, 1000);
  const storedBefore = await storedSoFar(target);
  await send(target, options.rate, stop.signal, (sending, answer) => {
    for (const tally of [answers, now]) add(tally, answer);
    add(kinds, sending.kind);
    add(types, sending.type);
    if (sending.kind !== "new") add(extra, sending.kind);
  });
  clearInterval(tick);

  const seconds = (performance.now() - startedAt) / 1000;
  const storedAfter = await storedSoFar(target);
  const rows = (title: string, tally: Tally) =>
    [...tally].sort(([, a], [, b]) => b - a).map(([name, count]) => [`${title} ${name}`, figure(count)]);
  console.log(
    `\n${table([[`In ${figure(seconds, 1)} s`, "events"], ...rows("sent", kinds), ...rows("type", types), ...rows("answered", answers)])}`,
  );
  if (storedBefore !== undefined && storedAfter !== undefined)
    console.log(`\n${figure(storedAfter - storedBefore)} more events are stored now.`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("A number above 0 is needed.");
  return value;
}

const program = new Command("demo")
  .description(
    "Makes StreamForge live: sales and payments of a few hundred users, with duplicates, late resends, conflicting bodies,\n" +
      "payloads that do not fit, an unknown type and a few bad events among them, as real producers send them.",
  )
  .addOption(new Option("--rate <n>", "events a second").argParser(positive).default(50))
  .addOption(new Option("--duration <seconds>", "how long (default: until Ctrl-C)").argParser(positive))
  .option("--url <url>", "where to (default: what npm start runs here, else http://127.0.0.1:3001)")
  .option("--key <key>", "API key (default: the demo key of npm start, or STREAMFORGE_KEY)")
  .option("--allow-remote", "permit a target that is another machine")
  .addHelpText("after", "\nExamples:\n  npm run demo\n  npm run demo -- --rate 500 --duration 60")
  .action((options: Options) => demo(options));

try {
  await program.parseAsync();
} catch (error) {
  console.error(`demo: ${(error as Error).message}`);
  process.exitCode = 1;
}
