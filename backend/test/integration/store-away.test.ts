import type { LocalServer } from "@streamforge/infrastructure/local";
import type { Stats } from "@streamforge/shared";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Document, exampleOf, type Operation, operationsOf } from "../support/openapi-requests.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace, patience } from "../support/yardstick.js";

/**
 * Promise 34: every store away, one after the other, under every route. Each route of the OpenAPI document is asked through each door
 * while a store is killed, and while it is frozen: the answer is the usual one or 503 with `Retry-After`, never another 5xx, and it comes
 * in bounded time. When the store is back its warning ends within 5 s, and no route remembers it.
 */
let stack: Stack;
let operations: Operation[];
let doors: Record<string, Record<string, string>>;

const STORES = ["redis", "mongodb", "postgres"] as const;
type Store = (typeof STORES)[number];
/** The longest chain: a transaction that waits for a connection (3 s) and a query in it (5 s), or two operations of MongoDB (2.5 s). */
const BOUND_MS = 15_000;
const AT_ONCE = 12;
const WARNING_ENDS_MS = 5_000;

beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "10000000" } });
  operations = operationsOf((await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as Document);
  const admin = { "x-admin-token": stack.adminToken };
  doors = { "the admin token": admin, "a key": { "x-api-key": stack.apiKey }, "a person": { cookie: await signIn() } };
}, patience(120_000));
afterAll(() => stack?.stop());

async function signIn(): Promise<string> {
  const body = JSON.stringify({ email: stack.adminEmail, password: stack.adminPassword });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${stack.apiUrl}/v1/session`, { method: "POST", headers, body });
  return answer.headers.get("set-cookie")?.split(";")[0] as string;
}

/** What would end the session that the next request needs, or be refused because of it. */
const endsSessions = ({ method, path }: Operation): boolean =>
  path.startsWith("/v1/session") || /\/me\/(password|sessions)/.test(path) || (method === "DELETE" && path.includes("session"));

interface Answer {
  request: string;
  status: number;
  retryAfter: string | null;
  type: string;
  tookMs: number;
}

async function ask({ method, path, parameters, body }: Operation, door: string): Promise<Answer> {
  const url = new URL(
    path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pathValue(parameters.find((one) => one.name === name)))),
    stack.apiUrl,
  );
  const needed = parameters.filter((one) => one.in === "query" && (one.required || one.name === "tenantId"));
  for (const one of needed) url.searchParams.set(one.name, one.name === "tenantId" ? "tenant-demo" : String(exampleOf(one.schema)));
  const json = body && JSON.stringify(withTenant(exampleOf(body)));
  const begun = performance.now();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), atThisPace(BOUND_MS));
  const response = await fetch(url, {
    method,
    headers: { ...(json ? { "content-type": "application/json" } : {}), ...doors[door] },
    ...(json ? { body: json } : {}),
    signal: controller.signal,
  }).catch(() => undefined);
  const tookMs = performance.now() - begun;
  const request = `${method} ${path} as ${door}`;
  const answer = {
    request,
    status: response?.status ?? 0,
    retryAfter: response?.headers.get("retry-after") ?? null,
    type: response?.headers.get("content-type") ?? "",
    tookMs,
  };
  // A live view does not end by itself.
  if (answer.type.startsWith("text/event-stream")) await response?.body?.cancel();
  else await response?.text().catch(() => "");
  clearTimeout(timer);
  return answer;
}

function pathValue(parameter: Operation["parameters"][number] | undefined): string {
  return String(parameter ? exampleOf(parameter.schema) : "x");
}

function withTenant(example: unknown): unknown {
  return example !== null && typeof example === "object" && "tenantId" in example ? { ...example, tenantId: "tenant-demo" } : example;
}

/** Every operation through every door, a few at a time. */
async function askAll(): Promise<Answer[]> {
  const requests = operations.filter((one) => !endsSessions(one)).flatMap((one) => Object.keys(doors).map((door) => ({ one, door })));
  const last = operations.filter((one) => endsSessions(one) && one.method === "GET").map((one) => ({ one, door: "a person" }));
  const answers: Answer[] = [];
  const queue = [...requests, ...last];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) answers.push(await ask(next.one, next.door));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return answers;
}

const wrong = (answers: Answer[]): string[] =>
  answers
    .filter(
      ({ status, retryAfter, tookMs }) =>
        status === 0 || (status >= 500 && (status !== 503 || retryAfter === null)) || tookMs > atThisPace(BOUND_MS),
    )
    .map(({ request, status, retryAfter, tookMs }) => `${request}: ${status}, Retry-After ${retryAfter}, after ${Math.round(tookMs)} ms`);

const warnings = async (): Promise<string[]> => {
  const answer = await fetch(`${stack.apiUrl}/v1/stats`, { headers: doors["the admin token"] as Record<string, string> });
  return ((await answer.json()) as Stats).warnings.map(({ code }) => code);
};

async function until(holds: () => Promise<boolean>, withinMs: number): Promise<number> {
  const begun = performance.now();
  while (!(await holds())) {
    if (performance.now() - begun > withinMs) throw new Error(`did not come true within ${withinMs} ms`);
    await sleep(100);
  }
  return performance.now() - begun;
}

test("every counter of both processes is there from the start", async () => {
  for (const url of [stack.apiUrl, stack.worker.url]) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, name] of text.matchAll(/^# TYPE (\S+) counter$/gm)) expect(text, name).toMatch(new RegExp(`^${name}[ {]`, "m"));
  }
});

test("with everything there no route answers 5xx", async () => {
  const answers = await askAll();
  expect(answers.filter(({ status }) => status >= 500 || status === 0)).toEqual([]);
  expect(answers.length).toBeGreaterThan(100);
});

const AWAY: { how: string; take: (server: LocalServer) => Promise<void>; giveBack: (server: LocalServer) => Promise<void> }[] = [
  { how: "killed", take: (server) => server.kill("SIGKILL"), giveBack: (server) => server.restart() },
  { how: "frozen", take: (server) => server.kill("SIGSTOP"), giveBack: (server) => server.kill("SIGCONT") },
];

describe.each(AWAY)("$how", ({ how, take, giveBack }) => {
  // A signal freezes only Postgres's first process: those that serve connections keep answering.
  test.each(STORES.filter((store) => how === "killed" || store !== "postgres"))(
    "%s: the usual answer or 503 with Retry-After, and no trace 5 s after its return",
    async (store: Store) => {
      const server = { redis: stack.redis, mongodb: stack.mongo, postgres: stack.postgres }[store];
      await take(server);
      let answers: Answer[];
      try {
        answers = await askAll();
        console.info(
          `${store} ${how}: ${answers.length} requests, slowest ${Math.round(Math.max(...answers.map(({ tookMs }) => tookMs)))} ms`,
          wrong(answers),
        );
        expect(wrong(answers)).toEqual([]);
        await until(async () => (await warnings()).includes(`${store}-away`), patience(10_000));
      } finally {
        await giveBack(server);
      }
      const endedMs = await until(async () => !(await warnings()).includes(`${store}-away`), atThisPace(WARNING_ENDS_MS));
      // The health page and the doors of events have the same 5 s.
      await until(async () => (await fetch(`${stack.apiUrl}/health`)).ok, atThisPace(WARNING_ENDS_MS));
      await until(async () => (await fetch(`${stack.apiUrl}/ready`)).ok, atThisPace(WARNING_ENDS_MS));
      const away = answers.filter(({ status }) => status === 503).length;
      const slowest = Math.max(...answers.map(({ tookMs }) => tookMs));
      console.info(
        `${store} ${how}: ${answers.length} requests, ${away} × 503, slowest ${Math.round(slowest)} ms; warning gone after ${Math.round(endedMs)} ms`,
      );
      doors["a person"] = { cookie: await signIn() };
      const failed = (await askAll()).filter(({ status }) => status >= 500 || status === 0);
      expect(failed.filter(({ status }) => status !== 503)).toEqual([]);
      // A machine that is busy with something else may be late once; what is remembered is there the next time.
      if (failed.length > 0) expect((await askAll()).filter(({ status }) => status >= 500 || status === 0)).toEqual([]);
      expect(await warnings()).not.toContain("internal-errors");
    },
    patience(240_000),
  );
});

test("none of it was a fault of ours", async () => {
  for (const one of [stack.api, stack.worker]) {
    const text = await (await fetch(`${one.url}/metrics`)).text();
    const faults = [...text.matchAll(/^streamforge_internal_errors_total\{where="([\w-]+)"\} (\d+)/gm)].filter(([, , n]) => n !== "0");
    expect(
      faults.map(([line]) => line),
      one.output(),
    ).toEqual([]);
  }
});
