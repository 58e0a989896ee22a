import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@streamforge/infrastructure/local";
import { replayFailureCodes } from "@streamforge/shared";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configSchema } from "../../src/config.js";
import { patience } from "../support/yardstick.js";

/**
 * What README and docs say, held against what is there: every block of commands runs in bash against what `npm start` runs,
 * links lead somewhere, paths and settings exist.
 *
 * A block begins with ```sh. It runs unless its first line is `# not run: <why>`. In a block, `# 202: …` stands before each curl
 * and is the status that it must get.
 */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const pages = ["README.md", "CHANGELOG.md", ...markdownUnder("docs")];

function markdownUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
/** A page without its blocks of code. */
const proseOf = (page: string): string => read(page).replaceAll(/^```[\s\S]*?^```/gm, "");
const inlineCode = (page: string): string[] => [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);

interface Block {
  name: string;
  script: string;
  /** Statuses that its curl lines must get, in order. */
  statuses: string[];
}

function blocksOf(page: string): Block[] {
  return [...read(page).matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .map(([, script], i) => ({ name: `${page}, block ${i + 1}`, script: script as string }))
    .filter(({ script }) => !script.startsWith("# not run: "))
    .map((block) => ({ ...block, statuses: [...block.script.matchAll(/^# (\d{3}): /gm)].map(([, status]) => status as string) }));
}

interface Ended {
  code: number | null;
  output: string;
}

function bash(script: string, env: Record<string, string>): Promise<Ended> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: ROOT, env: { ...process.env, ...env } });
  let output = "";
  const keep = (data: Buffer): void => {
    output += data.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((ended) => child.once("close", (code) => ended({ code, output })));
}

/** Each curl tells its status on a line of its own, and ends after 20 s whatever happens. */
const CURL = `curl() { command curl -sS --max-time 20 -w '\\n<status %{http_code}>\\n' "$@"; }\n`;

interface Started {
  url: string;
  dataDir: string;
  /** What it printed until it was ready. */
  printed: string;
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** `npm start` in a data folder of its own, as the reader has it after the first of the two commands. */
async function npmStart(): Promise<Started> {
  const dataDir = mkdtempSync(join(tmpdir(), "streamforge-docs-"));
  // Postgres runs as a user of its own when we are root, and must get in.
  chmodSync(dataDir, 0o755);
  const port = await freePort();
  const env = { STREAMFORGE_DATA_DIR: dataDir, ADMIN_TOKEN: "docs-test-admin-token", PORT: String(port) };
  const child = spawn("npm", ["start"], { cwd: ROOT, env: { ...process.env, ...env }, detached: true });
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  let printed = "";
  await new Promise<void>((ready, fail) => {
    const keep = (data: Buffer): void => {
      printed += data.toString();
      if (printed.includes("Ctrl-C stops everything")) ready();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    void ended.then((code) => fail(new Error(`npm start ended with ${code}:\n${printed}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    printed,
    env,
    async stop() {
      // The whole group, as Ctrl-C on a terminal does.
      if (child.exitCode === null) process.kill(-(child.pid as number), "SIGINT");
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

describe("blocks of commands", () => {
  let started: Started;
  beforeAll(async () => {
    started = await npmStart();
  }, patience(170_000));
  afterAll(() => started?.stop(), 60_000);

  const here = (script: string): string =>
    script.replaceAll("http://127.0.0.1:3001", started.url).replaceAll(".streamforge/demo-key", join(started.dataDir, "demo-key"));

  test.each(pages.flatMap(blocksOf))(
    "$name",
    async ({ script, statuses }) => {
      const { code, output } = await bash(CURL + here(script), started.env);
      const got = [...output.matchAll(/^<status (\d{3})>$/gm)].map(([, status]) => status);
      expect(got, output).toEqual(statuses);
      expect(script.match(/(^|\| *|^ +)curl /gm)?.length ?? 0, "a status stands before every curl").toBe(statuses.length);
      expect(code, output).toBe(0);
    },
    120_000,
  );

  test("the line that npm start prints works when pasted", async () => {
    const line = started.printed.split("\n").find((text) => text.trim().startsWith("curl "));
    const { output } = await bash(CURL + (line as string), started.env);
    expect(output).toContain("<status 202>");
    expect(started.printed).toContain(`Dashboard   ${started.url}/`);
  });

  test(
    "npm run demo",
    async () => {
      const { code, output } = await bash("npm run demo -- --rate 20 --duration 2", started.env);
      expect(output).toMatch(/answered accepted\s+\d+/);
      expect(code).toBe(0);
    },
    patience(60_000),
  );
});

test("every npm script that is named exists, and the README names every one", () => {
  const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);
  const named = pages.flatMap((page) => [...read(page).matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, name]) => `${page}: ${name}`));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !scripts.includes(name.split(": ")[1] as string))).toEqual([]);
  const readme = read("README.md");
  expect(scripts.filter((name) => !readme.includes(name))).toEqual([]);
});

describe.each(pages)("%s", (page) => {
  test("its links lead somewhere", () => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
    expect(links.filter((target) => !leadsSomewhere(page, target))).toEqual([]);
  });

  test("the files and tests that it names exist", () => {
    const paths = inlineCode(page).filter((code) => /^[\w.@-]+(\/[\w.@*-]+)+\.(ts|tsx|mjs|lua|md|sh|yml|json)$/.test(code));
    expect(paths.filter((path) => !exists(path))).toEqual([]);
    // A promise that is named is tested, or stands among those that are not.
    const untested = /Not tested to their figure yet:.*/.exec(read("docs/failure-modes.md"))?.[0] ?? "";
    const named = [...proseOf(page).matchAll(/promise (\d+)/gi)].map(([, number]) => number as string);
    expect(named.filter((number) => !isTested(number) && !untested.includes(` ${number} (`))).toEqual([]);
  });

  test("the settings that it names exist", () => {
    const settings = Object.keys(configSchema.shape);
    const others = [
      "STREAMFORGE_KEY",
      "STREAMFORGE_URL",
      "FAULT_ROUNDS",
      "EXPORT_ROWS",
      "CHROMIUM_PATH",
      "COMPOSE_PROFILES",
      "PRISMA_SCHEMA_ENGINE_BINARY",
      "MALLOC_ARENA_MAX",
      "NODE_OPTIONS",
      "FAULT_OUTAGE_SECONDS",
      "FUZZ_INPUTS",
      "RETENTION_EVENTS",
      "SLOW_CLIENTS",
      "STREAM_UPLOAD_MIB",
      "ERASURE_EVENTS",
      "DUPLEX_MIB",
      "OOM",
      "READONLY",
    ];
    const constants = inlineCode(page)
      .map((code) => code.split("=")[0] as string)
      .filter((code) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code) && !REASONS.has(code));
    expect(constants.filter((name) => !settings.includes(name) && !others.includes(name))).toEqual([]);
  });
});

const REASONS = new Set<string>(replayFailureCodes);

const faultTests = readdirSync(join(ROOT, "backend/test/faults"))
  .map((file) => read(`backend/test/faults/${file}`))
  .concat(["routes-rules", "limits-fuzz", "limits"].map((name) => read(`backend/test/integration/${name}.test.ts`)))
  .join("");

function isTested(promise: string): boolean {
  return new RegExp(`["\`]promise ${promise}:`).test(faultTests);
}

test("the promises that failure-modes calls tested are, and the others are not", () => {
  const page = read("docs/failure-modes.md");
  const tested: string[] = /these in short form: (.*?)\. Longer/.exec(page)?.[1]?.match(/\d+/g) ?? [];
  const all = Array.from({ length: 34 }, (_, i) => String(i + 1));
  expect(tested).toEqual(all.filter(isTested));
  expect(all.filter((number) => !tested.includes(number) && !page.includes(` ${number} (`))).toEqual([]);
});

/** Paths are given from the root, or from where the code is. */
function exists(path: string): boolean {
  return ["", "backend/src", "backend/test", "frontend/src", "infrastructure"].some((folder) => existsSync(join(ROOT, folder, path)));
}

function leadsSomewhere(page: string, target: string): boolean {
  if (/^https?:/.test(target)) return true;
  const [path, anchor] = target.split("#") as [string, string | undefined];
  const file = path === "" ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(relative(ROOT, file)).includes(anchor);
}

/** As GitHub makes them from headings. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
