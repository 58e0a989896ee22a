#!/usr/bin/env node
// What stands behind the npm scripts. Plain JavaScript without dependencies, since it runs before anything is installed,
// on whatever Node (20 or later) npm has.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`StreamForge needs Node 20 or later to begin with; this is ${process.versions.node}.`);
  process.exit(1);
}
const { loadEnvFile, running } = await import("./run/running.mjs");
const { environment, node24, Plainly, prepare, ROOT, run } = await import("./run/prepare.mjs");
const at = (...parts) => join(ROOT, ...parts);

const targets = {
  /** Installs, generates and builds; nothing else. `build backend`, `build frontend`. */
  async build([what]) {
    await prepare({ frontend: what !== "backend", tests: what === undefined });
    return 0;
  },
  async start(args) {
    loadEnvFile();
    await prepare({ tests: false });
    return built("backend/dist/standalone.js", args, { cwd: ROOT, supervised: true });
  },
  /** Vitest projects by name (all when none is named), then vitest's own arguments. */
  async test(args) {
    const first = args.findIndex((arg) => arg.startsWith("-") || /[./]/.test(arg));
    const named = first < 0 ? args : args.slice(0, first);
    await prepare({ lenient: true });
    return vitest(named.length > 0 ? named : ["unit", "integration", "e2e", "faults"], first < 0 ? [] : args.slice(first));
  },
  /** Types, format and lint, the direction of imports, unused code. All of them run, and not only up to the first that fails. */
  async check() {
    const types = await prepare({ frontend: false }).then(
      () => 0,
      (error) => {
        console.error(error.message);
        return 1;
      },
    );
    const biome = await run(at("node_modules/.bin/biome"), [
      "ci",
      "--error-on-warnings",
      ...(process.stdout.isTTY ? [] : ["--colors=off"]),
      ".",
    ]);
    const imports = await run(node24(), [at("infrastructure/run/imports.mjs")]);
    const knip = await run(node24(), [at("node_modules/knip/bin/knip.js"), "--no-progress"]);
    return types || biome || imports || knip;
  },
  /** A built program: `exec backend/dist/cli/sf.js keys create`. While `npm start` runs it finds that one's servers. */
  async exec([file, ...args]) {
    loadEnvFile();
    // Its output may be piped into another program.
    await prepare({ frontend: false, tests: false, quiet: true });
    return built(file, args, { env: running() });
  },
  /** The same, one or several, each restarted whenever a source changes: `dev backend/dist/api.js`. */
  async dev(files) {
    loadEnvFile();
    await prepare({ frontend: false, tests: false });
    const compiler = run(node24(), [at("node_modules/typescript/bin/tsc"), "-b", "--watch", "--preserveWatchOutput", "backend"]);
    return Promise.race([compiler, ...files.map((file) => run(node24(), ["--watch", at(file)], { env: environment(running()) }))]);
  },
  /** A program of an installed package with Node 24 in a workspace: `in frontend vite/bin/vite.js`. It finds what `npm start` runs, too. */
  async in([workspace, file, ...args]) {
    loadEnvFile();
    await prepare({ frontend: false, tests: false });
    return run(node24(), [at("node_modules", file), ...args], { cwd: at(workspace), env: environment(running()) });
  },
};

/**
 * Runs a built program with Node 24 where npm was called, so that file names in its arguments mean what they say.
 * @param supervised the program ends when its IPC channel closes, takes signals twice, and we end with npm
 */
function built(file, args, { cwd = process.env.INIT_CWD ?? ROOT, env = {}, supervised = false } = {}) {
  if (!existsSync(at(file))) throw new Plainly(`${file} is missing: this part is not built yet.`);
  const stdio = supervised ? ["inherit", "inherit", "inherit", "ipc"] : "inherit";
  const child = spawn(node24(), ["--enable-source-maps", at(file), ...args], { cwd, env: environment(env), stdio });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  process.on("SIGINT", () => {
    // From a terminal it has reached the child, too, and a second one would mean "at once".
    if (supervised || !process.stdin.isTTY) child.kill("SIGINT");
  });
  if (supervised) endWithNpm(() => child.kill("SIGTERM"));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("exit", (code) => done(code ?? 1));
  });
}

/** An npm that is killed tells its scripts nothing: without this, servers and ports stay taken by processes nobody sees. */
function endWithNpm(end) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 500);
  timer.unref();
}

/** Runs the named projects and says at the very end, alone on a line, how many tests passed and failed. */
async function vitest(projects, args) {
  const folder = mkdtempSync(join(tmpdir(), "streamforge-test-"));
  const report = join(folder, "report.json");
  const named = projects.flatMap((name) => ["--project", name]);
  const flags = ["run", ...named, "--passWithNoTests", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args];
  try {
    const code = await run(node24(), [at("node_modules/vitest/vitest.mjs"), ...flags], { env: environment({ STREAMFORGE_PREPARED: "1" }) });
    const counts = existsSync(report) ? count(JSON.parse(readFileSync(report, "utf8"))) : { passed: 0, failed: 1, skipped: 0 };
    console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ""}`);
    return code || (counts.failed > 0 ? 1 : 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that did not even load has no tests of its own: it counts as one that failed. */
function count(report) {
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

const [name, ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(targets, name ?? ""))
    throw new Plainly(`Unknown target ${name ?? "(none)"}; there are ${Object.keys(targets).join(", ")}.`);
  process.exitCode = await targets[name](args);
} catch (error) {
  if (!(error instanceof Plainly)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
