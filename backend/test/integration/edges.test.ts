import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { redisNames } from "../support/redis-names.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { admin, expectProblem, lines, NDJSON, newSender, openWire } from "./sending-fixture.js";

/** What stands around the path of an event: who is counted, and what a request may cost before it is refused. */
let stack: Stack;
let edge: TestProcess;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  edge = await stack.startApi({ BODY_TIMEOUT_MS: "1500", STREAM_MAX_BYTES: "200000" });
});
afterAll(() => stack?.stop());

test("administrative requests have a limit of their own, and say so as every 429 does", async () => {
  const strict = await stack.startApi({ ADMIN_REQUESTS_PER_MINUTE: "3" });
  const ask = () => fetch(`${strict.url}/v1/admin/tenants`, { headers: { "x-admin-token": stack.adminToken } });
  let answer = await ask();
  for (let i = 0; i < 5 && answer.status === 200; i++) answer = await ask();
  expect(answer.status).toBe(429);
  expect(answer.headers.get("ratelimit-policy")).toBe('"admin";q=3;w=60');
  expect(answer.headers.get("ratelimit")).toMatch(/^"admin";r=0;t=\d+$/);
  await strict.kill("SIGKILL");
});

test("administrative requests count by tenant and by person, whatever keys and sessions they make", async () => {
  const strict = await stack.startApi({ ADMIN_REQUESTS_PER_MINUTE: "6" });
  const url = `${strict.url}/v1/admin/keys`;
  const headers = { "x-admin-token": stack.adminToken, "content-type": "application/json" };
  const make = (headers: Record<string, string>, tenantId: string) =>
    fetch(url, { method: "POST", headers, body: JSON.stringify({ tenantId, name: "more", scopes: ["admin"] }) });
  let key = ((await (await make(headers, "one-bucket")).json()) as { key: string }).key;
  const other = ((await (await make(headers, "another-bucket")).json()) as { key: string }).key;
  const made: number[] = [];
  for (let i = 0; i < 8; i++) {
    const answer = await make({ "x-api-key": key, "content-type": "application/json" }, "one-bucket");
    made.push(answer.status);
    key = answer.status === 201 ? ((await answer.json()) as { key: string }).key : key;
  }
  expect(made).toEqual([201, 201, 201, 201, 201, 201, 429, 429]);
  expect((await fetch(url, { headers: { "x-api-key": other } })).status).toBe(200);
  const person: number[] = [];
  for (let i = 0; i < 8; i++) {
    const body = JSON.stringify({ email: stack.adminEmail, password: stack.adminPassword });
    const signedIn = await fetch(`${stack.apiUrl}/v1/session`, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(signedIn.status).toBe(200);
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] as string;
    person.push((await fetch(url, { headers: { cookie } })).status);
  }
  expect(person).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
  await strict.kill("SIGKILL");
});

test("a tenant's requests a second count over all its keys", async () => {
  const { tenantId, post } = await newSender(stack, { limits: { requestsPerSecond: 1 } });
  const event = { eventType: "A" };
  // Counted apart, the first request of a new key would always pass; on a slow machine the second may be over by then, so again.
  const firstOfANewKey = async (): Promise<number> => {
    const made = await admin(stack, "POST", "/v1/admin/keys", { tenantId, name: "another", scopes: ["events:write"] });
    const headers = { "x-api-key": made.body.key as string, "content-type": "application/json" };
    while ((await post("/v1/events", event)).status !== 429);
    return (await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body: JSON.stringify(event) })).status;
  };
  await expect.poll(firstOfANewKey, { timeout: patience(20_000) }).toBe(429);
});

test("reading counts as a request, too", async () => {
  const { key } = await newSender(stack, { limits: { requestsPerSecond: 1 } });
  const read = () => fetch(`${stack.apiUrl}/v1/events?limit=1`, { headers: { "x-api-key": key } });
  const answers = await Promise.all(Array.from({ length: 5 }, read));
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get("ratelimit-policy")).toBe('"requests";q=1;w=1');
});

test("gzip that holds nothing is not read for ever", async () => {
  const sender = await newSender(stack, { apiUrl: edge.url });
  const nothing = Buffer.concat(Array<Buffer>(20_000).fill(gzipSync("")));
  expect(nothing.length).toBeGreaterThan(300_000);
  expectProblem(
    await sender.post("/v1/ingest/stream", new Uint8Array(nothing) as never, { ...NDJSON, "content-encoding": "gzip" }),
    413,
    "batch-too-large",
  );
});

test("a stream whose sender closes its half in the middle is told how far it came", async () => {
  const sender = await newSender(stack);
  const text = `${lines([
    { eventType: "A", eventId: "half-1" },
    { eventType: "A", eventId: "half-2" },
  ])}\n`;
  const wire = await openWire(stack.apiUrl, { allowHalfOpen: true });
  const head = ["POST /v1/ingest/stream HTTP/1.1", "host: x", `authorization: Bearer ${sender.key}`, "content-type: application/x-ndjson"];
  wire.write(`${head.join("\r\n")}\r\ncontent-length: 5000\r\n\r\n${text}`);
  await sleep(500);
  wire.socket.end();
  const answer = await wire.answer(10_000);
  wire.socket.destroy();
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
  expect(body).toMatchObject({ code: "invalid-request", accepted: 2, offset: Buffer.byteLength(text) });
});

test("a slow body is shed where people sign in, too", async () => {
  const wire = await openWire(edge.url);
  wire.write('POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"email"');
  const answer = await wire.answer(20_000);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"code":"request-timeout"');
  expect(edge.alive()).toBe(true);
});

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));

test("sf asks for what is happening without a credential where the stores' addresses are at hand, and leaves no session behind", async () => {
  const { PATH = "" } = process.env;
  const env = { PATH, STREAMFORGE_URL: stack.apiUrl, DATABASE_URL: stack.postgres.url, REDIS_URL: stack.redis.url };
  const sf = (args: string[], settings: NodeJS.ProcessEnv) => promisify(execFile)(process.execPath, [SF, ...args], { env: settings });
  expect((await sf(["status"], env)).stdout).toContain("dead letters are open");
  expect((await sf(["ledger"], env)).stdout).toContain("accepted");
  expect((await sf(["replay", "list"], env)).stdout).not.toBe("");
  const redis = new Redis(stack.redis.adminUrl);
  expect(await redisNames(redis, "sf:session:*")).toEqual([]);
  redis.disconnect();
  await expect(sf(["ledger"], { PATH, STREAMFORGE_URL: stack.apiUrl })).rejects.toThrow(/wants a credential/);
});

/** Contract, "Health and metrics". */
const METRICS =
  "streamforge_ingest_total streamforge_ingest_duration_seconds streamforge_stream_backlog_events streamforge_outbox_backlog streamforge_oldest_event_age_seconds streamforge_worker_events_total streamforge_worker_retry_total streamforge_worker_dlq_total streamforge_dlq_size streamforge_db_write_duration_seconds streamforge_dedupe_hits_total streamforge_ledger_missing_events streamforge_circuit_state streamforge_buffer_utilization_ratio streamforge_rejected_total stream_events_ingested_total stream_events_processed_total stream_dlq_total stream_db_write_latency_seconds process_cpu_user_seconds_total";

test("one scrape of an api has every metric of the contract, what each worker counts included", async () => {
  const workers = await Promise.all([stack.startWorker(), stack.startWorker()]);
  const sender = await newSender(stack);
  expect((await sender.post("/v1/events", { eventType: "A" })).status).toBe(202);
  const scrape = async () => (await fetch(`${stack.apiUrl}/metrics`)).text();
  await expect
    .poll(scrape, { timeout: patience(30_000) })
    .toMatch(/streamforge_worker_events_total\{outcome="stored",worker="[^"]+"\} [1-9]/);
  const text = await scrape();
  for (const name of METRICS.split(" ")) expect(text.match(new RegExp(`^# TYPE ${name} `, "gm")), name).toHaveLength(1);
  expect(new Set([...text.matchAll(/streamforge_worker_retry_total\{worker="([^"]+)"\}/g)].map(([, worker]) => worker)).size).toBe(2);
  for (const worker of workers) await worker.kill("SIGTERM");
  expect(await scrape()).not.toContain("streamforge_worker_events_total{");
});
