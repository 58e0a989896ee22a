import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startProcess, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

// No Docker engine runs here: the files of the last stage of Dockerfile.backend are laid out as its COPY lines say, into a folder
// that has nothing else, and the image's programs are run from there on real servers.

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DOCKERFILE = readFileSync(join(ROOT, "infrastructure/Dockerfile.backend"), "utf8").replaceAll(/\\\n\s*/g, "");
const run = promisify(execFile);

let stack: Stack;
let image: string;
let app: string;
let env: Record<string, string>;
const started: TestProcess[] = [];
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  image = mkdtempSync(join(tmpdir(), "streamforge-image-"));
  app = join(image, "app");
  layOut();
  env = {
    ...(process.env as Record<string, string>),
    ...imageEnv(),
    HOST: "127.0.0.1",
    REDIS_URL: stack.redis.url,
    MONGODB_URI: stack.mongo.url,
    MONGODB_KEY: new URL(stack.mongo.adminUrl).password,
    MONGODB_PASSWORD: new URL(stack.mongo.url).password,
    DATABASE_URL: stack.postgres.url,
    KEY_PEPPER: "the image's own pepper",
    PORT: "0",
    WORKER_PORT: "0",
  };
});
afterAll(async () => {
  await Promise.all(started.map((one) => one.kill("SIGKILL")));
  await stack?.stop();
  if (image) rmSync(image, { recursive: true, force: true });
});

test("setup, api and worker run from the files that the image has", async () => {
  const setup = await node("backend/dist/standalone/database.js", "migrate", "seed");
  expect(setup.stdout).toContain('"task":"seed"');

  const api = await start("backend/dist/api.js");
  await start("backend/dist/worker.js");
  const created = await node("backend/dist/cli/sf.js", ..."--json keys create --tenant image --scope events:write events:read".split(" "));
  const { key } = JSON.parse(created.stdout) as { key: string };
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const body = JSON.stringify({ eventId: "from-the-image", type: "SALE", userId: "u", payload: { amount: 1, currency: "EUR" } });
  const sent = await fetch(`${api.url}/v1/events`, { method: "POST", headers, body });
  expect(sent.status, await sent.clone().text()).toBe(202);
  const status = async () =>
    ((await (await fetch(`${api.url}/v1/events/from-the-image`, { headers })).json()) as { status: string }).status;
  await expect.poll(status, { timeout: patience(10_000) }).toBe("stored");

  // Its health check, told the port that the test got.
  const [, program, ...args] = JSON.parse(`["",${/HEALTHCHECK .*?CMD \["node", (.*)\]/.exec(DOCKERFILE)?.[1]}]`) as string[];
  await run(process.execPath, [program as string, ...args], { env: { ...env, HEALTH_PORT: new URL(api.url).port } });
  await expect(run(process.execPath, [program as string, ...args], { env: { ...env, HEALTH_PORT: "1" } })).rejects.toThrow();
});

test("the one-shot that initiates the replica set does, and repeats without harm", async () => {
  const { stdout } = await node("infrastructure/docker/init-replica-set.mjs", "rs0", new URL(stack.mongo.url).host);
  expect(stdout).toContain("rs0: primary is ");
});

async function start(file: string): Promise<TestProcess> {
  const one = await startProcess(join(app, file), env);
  started.push(one);
  return one;
}

function node(file: string, ...args: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [join(app, file), ...args], { env, cwd: app });
}

/** The instructions of a stage, by its name; of the last stage without one. */
function stage(name?: string): string[] {
  const all = DOCKERFILE.split(/^FROM /m).slice(1);
  const found = name ? all.find((one) => one.split("\n")[0]?.endsWith(` AS ${name}`)) : all.at(-1);
  return (found as string).split("\n").slice(1);
}

function imageEnv(): Record<string, string> {
  const line = stage().find((one) => one.startsWith("ENV ")) as string;
  return Object.fromEntries(
    line
      .slice(4)
      .split(" ")
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

function layOut(): void {
  copy(stage("manifests"));
  copy(stage());
  // What `npm install` makes in the stage of dependencies; that they suffice is knip's to say.
  const modules = join(app, "node_modules");
  mkdirSync(join(modules, "@streamforge"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (name !== "@streamforge") symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  for (const name of ["backend", "infrastructure", "shared"]) symlinkSync(join(app, name), join(modules, "@streamforge", name));
}

/** Carries out `COPY [--from=stage] source… target`. What comes from `dependencies` is made by `layOut`. */
function copy(lines: string[]): void {
  for (const line of lines) {
    const words = /^COPY (--from=(?<from>\S+) )?(?<paths>.*)/.exec(line)?.groups as { from?: string; paths: string } | undefined;
    if (!words || words.from === "dependencies") continue;
    const paths = words.paths.split(" ");
    const target = paths.pop() as string;
    const into = target.startsWith("/") ? join(image, target) : resolve(app, target);
    for (const path of paths) {
      const source = join(ROOT, path.replace(/^\/app\//, ""));
      // A folder's content is copied; a file goes into the folder that is named, or is it.
      const isFile = basename(source).includes(".");
      cpSync(source, isFile && /(^|\/)\.?\/?$|bin\/$/.test(target) ? join(into, basename(source)) : into, { recursive: true });
    }
  }
}
