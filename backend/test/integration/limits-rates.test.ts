import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace } from "../support/yardstick.js";
import { acceptedTotal, admin, expectProblem, lines, NDJSON, newSender } from "./sending-fixture.js";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
});
afterAll(() => stack?.stop());

let ids = 0;
const event = (): object => ({ eventId: `r-${ids++}`, eventType: "SALE" });
const events = (count: number): object[] => Array.from({ length: count }, event);

test("requests a second of a key: 429 with RateLimit, RateLimit-Policy and Retry-After; after that time they pass", async () => {
  const sender = await newSender(stack, { limits: { requestsPerSecond: 2 } });
  // At once, and far more than a slow machine lets pass while it answers them.
  const answers = await Promise.all(Array.from({ length: 40 }, () => sender.post("/v1/events", event())));
  expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(2);
  const refused = answers.find(({ status }) => status === 429);
  if (!refused) throw new Error("nothing was refused");
  expectProblem(refused, 429, "rate-limited");
  expect(refused.headers.get("ratelimit-policy")).toBe('"requests";q=2;w=1');
  expect(refused.headers.get("ratelimit")).toMatch(/^"requests";r=0;t=\d+$/);
  expect(answers.find(({ status }) => status === 202)?.headers.get("ratelimit")).toMatch(/^"requests";r=\d+;t=\d+$/);
  await sleep(Number(refused.headers.get("retry-after")) * 1_000);
  expect((await sender.post("/v1/events", event())).status).toBe(202);
});

test("events a second of a tenant: an array is taken whole or refused whole", async () => {
  const sender = await newSender(stack, { limits: { eventsPerSecond: 100 } });
  const before = await acceptedTotal(stack);
  expect((await sender.post("/v1/events", events(500))).body.accepted).toBe(500);
  const refused = await sender.post("/v1/events", events(60));
  expectProblem(refused, 429, "rate-limited");
  expect(refused.headers.get("ratelimit-policy")).toBe('"events";q=100;w=1');
  expect(await acceptedTotal(stack)).toBe(before + 500);
});

test("an array larger than a second's worth passes when nothing is owed, and is paid for afterwards", async () => {
  const sender = await newSender(stack, { limits: { eventsPerSecond: 50 } });
  // Four seconds' worth is owed then: enough for a slow machine to ask again in time.
  expect((await sender.post("/v1/events", events(250))).body.accepted).toBe(250);
  const refused = await sender.post("/v1/events", event());
  expectProblem(refused, 429, "rate-limited");
  const seconds = Number(refused.headers.get("retry-after"));
  expect(seconds).toBeGreaterThanOrEqual(1);
  await sleep(seconds * 1_000 + 300);
  expect((await sender.post("/v1/events", event())).status).toBe(202);
});

test("a stream is slowed to the rate instead, and all of it is taken", async () => {
  const sender = await newSender(stack, { limits: { eventsPerSecond: 1_000 } });
  const begun = performance.now();
  const answer = await sender.post("/v1/ingest/stream", lines(events(3_500)), NDJSON);
  expect(answer.body).toMatchObject({ accepted: 3_500, retry: 0 });
  expect(performance.now() - begun).toBeGreaterThan(1_800);
  expect(performance.now() - begun).toBeLessThan(atThisPace(6_000));
});

test("changing a tenant's limits counts within a second, without a restart", async () => {
  const sender = await newSender(stack, { limits: { requestsPerSecond: 1 } });
  await sender.post("/v1/events", event());
  expect((await sender.post("/v1/events", event())).status).toBe(429);
  expect((await admin(stack, "PATCH", `/v1/admin/tenants/${sender.tenantId}`, { limits: {} })).status).toBe(200);
  await sleep(atThisPace(1_000));
  for (let i = 0; i < 5; i++) expect((await sender.post("/v1/events", event())).status).toBe(202);
});

test("503 backlog-full with Retry-After when the backlog is at its limit, for every way in; nothing more is taken", async () => {
  const full = await stack.startApi({ MAX_BACKLOG_EVENTS: "10" });
  const sender = await newSender(stack, { apiUrl: full.url });
  await sender.post("/v1/events", events(20));
  await sleep(atThisPace(1_500));
  const before = await acceptedTotal(stack);
  for (const [path, body, headers] of [
    ["/v1/events", event(), {}],
    ["/v1/events", events(3), {}],
    ["/v1/events", lines(events(3)), NDJSON],
    ["/v1/ingest/stream", lines(events(3)), NDJSON],
  ] as const) {
    expectProblem(await sender.post(path, body, headers), 503, "backlog-full");
  }
  expect(await acceptedTotal(stack)).toBe(before);
  await full.kill("SIGKILL");
});

test("503 for what Redis did not take: an outcome that is unknown, or a stream that says where to resume", async () => {
  const brief = await stack.startApi({ APPEND_TIMEOUT_MS: `${atThisPace(1_500)}` });
  const sender = await newSender(stack, { apiUrl: brief.url });
  const [one, many] = [event(), events(3)];
  expect((await sender.post("/v1/events", event())).status).toBe(202);
  process.kill(stack.redis.pid() as number, "SIGSTOP");
  try {
    const [single, batch, stream] = await Promise.all([
      sender.post("/v1/events", one),
      sender.post("/v1/events", many),
      sender.post("/v1/ingest/stream", lines(events(3)), NDJSON),
    ]);
    for (const answer of [single, batch, stream]) {
      expect(["outcome-unknown", "storage-unavailable"]).toContain(answer?.body.code);
      expectProblem(answer, 503, answer.body.code);
    }
    expect(batch.body).toMatchObject({ accepted: 0, retry: 3, results: [{ index: 0, status: "retry" }, { index: 1 }, { index: 2 }] });
    expect(stream.body).toMatchObject({ accepted: 0, retry: 3, offset: 0 });
  } finally {
    process.kill(stack.redis.pid() as number, "SIGCONT");
  }
  await sleep(atThisPace(1_500));
  expect([202, 409]).toContain((await sender.post("/v1/events", one)).status);
});
