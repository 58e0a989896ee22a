import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { leanClient } from "./lean-client.mjs";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const at = (...parts) => join(ROOT, ...parts);

/** A mistake of the machine or its user; printed as one sentence, without a stack. */
export class Plainly extends Error {}

/** Node 24 as npm brought it: the servers need `reusePort` and current majors, whatever Node npm itself runs on. */
export function node24() {
  const own = at("node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  throw new Plainly("Node 24 is missing from node_modules/node: run npm install without --ignore-scripts.");
}

/** Environment of everything we run: local programs and Node 24 come first on PATH. */
export function environment(extra = {}) {
  const first = [at("node_modules", "node", "bin"), at("node_modules", ".bin")].join(process.platform === "win32" ? ";" : ":");
  return { ...process.env, PATH: `${first}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`, ...extra };
}

/**
 * Runs a program in the foreground.
 * @returns its exit code (128 + n after signal n is given as 1)
 */
export function run(file, args, { cwd = ROOT, env = environment(), stdio = "inherit" } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env, stdio });
    child.once("error", (error) =>
      fail(new Plainly(error.code === "ENOENT" ? `${file} was not found; install it and try again.` : error.message)),
    );
    child.once("exit", (code) => done(code ?? 1));
  });
}

/** Standard output stays free for the program that follows: it may be piped into another. */
const TO_STDERR = ["ignore", 2, 2];

async function must(what, file, args, options) {
  const code = await run(file, args, { stdio: TO_STDERR, ...options });
  if (code !== 0) throw new Plainly(`${what} failed (exit code ${code}); see above.`);
}

/** Runs the JavaScript entry of an installed package with Node 24. */
const tool = (path) => [node24(), at("node_modules", ...path.split("/"))];

/**
 * Installs, generates and builds what is missing or older than its sources. Safe when two runs start at once.
 * @param lenient continues when a type is wrong: the compiler writes its output all the same, and `npm run check` is there to refuse
 */
export async function prepare({ frontend = true, tests = true, lenient = false } = {}) {
  if (!installed()) await install();
  await alone(async () => {
    await generatePrismaClient();
    const [node, tsc] = tool("typescript/bin/tsc");
    // A build with nothing to do takes well under a second, so it decides itself what is stale.
    const code = await run(node, [tsc, "-b", ...(tests ? [] : ["shared", "infrastructure", "backend"])], { stdio: TO_STDERR });
    if (code !== 0 && !lenient) throw new Plainly("Compiling failed; see above.");
    if (frontend) await buildFrontend();
  });
}

/** Every package of the lock file is there in its version. Not by date: npm writes the two files in either order. */
function installed() {
  const wanted = readLock(at("package-lock.json"));
  const have = readLock(at("node_modules", ".package-lock.json"));
  if (!wanted || !have) return false;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" || !path.startsWith("node_modules/") || entry.optional || entry.peer || have[path]?.version === entry.version,
  );
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * `npm install --no-save` takes the versions of the lock file and leaves that file alone. Not `npm ci`: it refuses a lock
 * file that does not list every other platform's optional packages, and a registry that does not offer them all writes
 * such a one; and it deletes what is installed, from under the programs that run.
 */
async function install() {
  console.error("Installing dependencies (about a minute, once) ...");
  // npm may run on Node 20, which some packages no longer support: they will run on the Node 24 that is among them.
  const flags = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--progress"];
  const npm = process.env.npm_execpath;
  // Under `npm start` npm says where it is; by hand it is on PATH.
  if (npm?.endsWith(".js")) await must("npm install", process.execPath, [npm, ...flags]);
  else await must("npm install", process.platform === "win32" ? "npm.cmd" : "npm", flags);
}

async function generatePrismaClient() {
  const schema = at("backend", "prisma", "schema.prisma");
  const client = at("backend", "src", "generated");
  if (!existsSync(schema) || newest(client) >= newest(schema)) return;
  const [node, prisma] = tool("prisma/build/index.js");
  // Without telling of its own updates: this runs where nobody reads it.
  await must("prisma generate", node, [prisma, "generate"], { cwd: at("backend"), env: environment({ PRISMA_HIDE_UPDATE_MESSAGE: "1" }) });
  leanClient(at("backend", "src", "generated", "prisma", "internal", "class.ts"));
}

async function buildFrontend() {
  if (!existsSync(at("frontend", "index.html"))) return;
  const sources = [
    "frontend/src",
    "frontend/public",
    "frontend/index.html",
    "frontend/vite.config.ts",
    "frontend/package.json",
    "shared/src",
  ];
  if (newest(at("frontend", "dist", "index.html")) >= Math.max(...sources.map((path) => newest(at(path))))) return;
  const [node, vite] = tool("vite/bin/vite.js");
  await must("Building the dashboard", node, [vite, "build", "--logLevel", "warn"], { cwd: at("frontend") });
}

/** Modification time in ms of the newest file at or under a path; 0 when there is none. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Lets one build run at a time: two compilers that write the same files leave a mixture. */
async function alone(work) {
  const lock = at("node_modules", ".streamforge-build");
  for (let tries = 0; tries < 600; tries++) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    // The holder touches it every 5 s; an older one was killed.
    if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 20_000)
      rmSync(lock, { recursive: true, force: true });
    await sleep(500);
  }
  const touch = setInterval(() => utimesSync(lock, new Date(), new Date()), 5000);
  try {
    await work();
  } finally {
    clearInterval(touch);
    rmdirSync(lock);
  }
}
