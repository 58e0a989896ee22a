import { crc32 } from "node:zlib";
import type { AuditItem, Stats } from "@streamforge/shared";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Promise 30: guesses from many addresses, over two processes, and the owner still comes in. The test is the trusted proxy. */
let stack: Stack;
let urls: string[];

beforeAll(async () => {
  stack = await startStack({ workers: 0, env: { TRUST_PROXY: "127.0.0.1", LOG_LEVEL: "info" } });
  urls = [stack.apiUrl, (await stack.startApi()).url];
});
afterAll(() => stack?.stop());

const addressOf = (n: number) => `198.51.${100 + (n >> 8)}.${n & 255}`;

async function signIn(n: number, password: string, options: { email?: string; address?: string; cookie?: string } = {}) {
  const { email = stack.adminEmail, address = addressOf(n), cookie } = options;
  const answer = await fetch(`${urls[n % 2]}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": address, ...(cookie && { cookie }) },
    body: JSON.stringify({ email, password }),
  });
  await answer.arrayBuffer();
  return answer;
}

/** Runs them some at a time. @returns how often each status came */
async function volley(count: number, one: (n: number) => Promise<Response>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let next = 0;
  const shooter = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const answer = await one(n);
      await answer.arrayBuffer().catch(() => {});
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, shooter));
  return statuses;
}

const asAdmin = (path: string) =>
  fetch(stack.apiUrl + path, { headers: { "x-admin-token": stack.adminToken } }).then((answer) => answer.json() as Promise<unknown>);
const failures = async () => (await asAdmin("/v1/admin/audit?action=sign-in-failed&limit=100")) as { items: AuditItem[] };
const warnings = async () =>
  ((await asAdmin("/v1/stats")) as Stats).warnings.filter(({ code }) => code === "sign-in-failed").map(({ message }) => message);

/** How many minutes a volley spanned, at most: each has its ten guesses. */
const minutesSince = (beganMs: number) => 1 + Math.ceil((performance.now() - beganMs) / 60_000);

test("200 wrong passwords for one account from 200 addresses: ten are looked at, and its owner comes in", async () => {
  const owner = await signIn(0, stack.adminPassword, { address: "203.0.113.7" });
  expect(owner.status).toBe(200);
  const device = owner.headers
    .getSetCookie()
    .find((line) => line.startsWith("sf_device="))
    ?.split(";")[0] as string;
  expect(device).toMatch(/^sf_device=[\w-]{22}$/);

  const beganMs = performance.now();
  const statuses = await volley(200, (n) => signIn(n, `wrong ${n}`));
  expect(Object.keys(statuses).sort()).toEqual(["401", "429"]);
  expect(statuses[401]).toBeGreaterThan(0);
  expect(statuses[401]).toBeLessThanOrEqual(10 * minutesSince(beganMs));

  const stranger = await signIn(999, stack.adminPassword);
  if (performance.now() - beganMs < 50_000) {
    expect(stranger.status).toBe(429);
    expect(stranger.headers.get("ratelimit-policy")).toBe('"sign-in";q=10;w=60');
    expect(Number(stranger.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  // From a device that was signed in before, wherever it is now; and from the owner's address without its cookie.
  expect((await signIn(1, stack.adminPassword, { address: "192.0.2.1", cookie: device })).status).toBe(200);
  expect((await signIn(0, stack.adminPassword, { address: "203.0.113.7" })).status).toBe(200);
  // One that somebody made up is no help to anybody.
  const madeUp = { address: addressOf(5), cookie: `sf_device=${"x".repeat(22)}` };
  if (performance.now() - beganMs < 50_000) expect((await signIn(5, stack.adminPassword, madeUp)).status).toBe(429);

  // A process that refused tries before it had looked at one does not know whose they were: those count for no account.
  const warned = async () => (await warnings()).reduce((sum, text) => sum + Number(/^(\d+) failed sign-ins for /.exec(text)?.[1] ?? 0), 0);
  // At long intervals: reading too often meets the administrative limit. Some of the last second may not be summed up yet.
  await expect.poll(warned, { interval: 500, timeout: patience(10_000) }).toBeGreaterThanOrEqual(180);
  expect((await warnings()).join()).toContain(`failed sign-ins for ${stack.adminEmail}`);
  const counted = async () => {
    const { items } = await failures();
    const ofAccount = items.filter(({ after }) => (after as { email?: string }).email === stack.adminEmail);
    const sum = (some: typeof items, field: string) =>
      some.reduce((n, { after }) => n + Number((after as Record<string, number>)[field]), 0);
    return { entries: ofAccount.length, guesses: sum(ofAccount, "guesses"), tries: sum(items, "guesses") + sum(items, "refused") };
  };
  await expect.poll(async () => (await counted()).tries, { interval: 500, timeout: patience(10_000) }).toBeGreaterThanOrEqual(180);
  expect((await counted()).guesses).toBe(statuses[401]);
  // One an account and process in ten minutes, however many tries.
  expect((await counted()).entries).toBeLessThanOrEqual(2 * (1 + Math.ceil(minutesSince(beganMs) / 10)));
  expect(JSON.stringify(await failures())).not.toContain("wrong 1");
});

test("an e-mail that nobody has is refused in the same way, and named nowhere", async () => {
  const beganMs = performance.now();
  const email = "nobody-at-all@example.org";
  const statuses = await volley(60, (n) => signIn(n, "wrong", { email }));
  expect(Object.keys(statuses).sort()).toEqual(["401", "429"]);
  expect(statuses[401]).toBeLessThanOrEqual(10 * minutesSince(beganMs));
  await expect
    .poll(async () => JSON.stringify((await failures()).items.map(({ targetId }) => targetId)), { interval: 500, timeout: 20_000 })
    .toContain("unknown");
  expect(JSON.stringify(await failures())).not.toContain("nobody-at-all");
});

test("1,500 wrong admin tokens: at most ten a minute are told that they are wrong, and the right one still enters", async () => {
  const beganMs = performance.now();
  const statuses = await volley(1_500, (n) =>
    fetch(`${urls[n % 2]}/v1/admin/tenants`, { headers: { "x-admin-token": `guess ${n}`, "x-forwarded-for": addressOf(n % 300) } }),
  );
  expect(statuses[401]).toBeLessThanOrEqual(10 * minutesSince(beganMs));
  expect((statuses[401] ?? 0) + (statuses[429] ?? 0)).toBe(1_500);
  expect(await asAdmin("/v1/admin/tenants")).toMatchObject({ items: expect.any(Array) });
  await expect
    .poll(async () => (await warnings()).join(), { interval: 500, timeout: 20_000 })
    .toMatch(/1[,.]?500 failed sign-ins for the admin token from at least \d+ addresses/);
});

test("made-up API keys are refused with 429 after a while, and a good key from the same address still works", async () => {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const checksum = (body: string) => {
    let rest = crc32(body);
    let text = "";
    for (let i = 0; i < 6; i++, rest = Math.floor(rest / 62)) text = digits[rest % 62] + text;
    return text;
  };
  const madeUp = (n: number) => {
    const body = `sf_live_${String(n).padStart(12, "0")}_${"a".repeat(32)}`;
    return body + checksum(body);
  };
  const ask = (key: string) =>
    fetch(`${stack.apiUrl}/v1/events?limit=1`, { headers: { authorization: `Bearer ${key}`, "x-forwarded-for": "192.0.2.77" } });
  expect((await ask(stack.apiKey)).status).toBe(200);
  const statuses = await volley(1_500, (n) => ask(n % 2 ? madeUp(n) : `nonsense ${n}`));
  expect(statuses[429]).toBeGreaterThan(0);
  expect((statuses[401] ?? 0) + (statuses[429] ?? 0)).toBe(1_500);
  expect((await ask(stack.apiKey)).status).toBe(200);
  await expect
    .poll(async () => (await warnings()).join(), { interval: 500, timeout: 20_000 })
    .toMatch(/failed sign-ins for API keys from one address/);
  expect(
    stack.api
      .output()
      .split("\n")
      .filter((line) => line.includes("192.0.2.77")).length,
  ).toBeLessThan(5);
});

test("each try counts as a metric, by what was guessed at", async () => {
  const text = await (await fetch(`${stack.apiUrl}/metrics`)).text();
  const counts = [...text.matchAll(/^streamforge_sign_in_failures_total\{kind="([\w-]+)"\} (\d+)/gm)].map(([, kind, n]) => [
    kind,
    Number(n),
  ]);
  expect(counts.map(([kind]) => kind)).toEqual(["password", "admin-token", "api-key"]);
  expect(counts.every(([, n]) => (n as number) > 0)).toBe(true);
  expect(counts[2]?.[1]).toBeGreaterThanOrEqual(1_500);
});

test("the log has a line for each guess, and none with what was typed", () => {
  expect(stack.api.output()).toContain('"msg":"sign-in failed"');
  expect(stack.api.output()).not.toMatch(/wrong \d|guess \d|nobody-at-all/);
});

test("an ADMIN_TOKEN that can be guessed is refused at start", () => {
  expect(() => loadConfig({ ADMIN_TOKEN: "short" })).toThrow(/ADMIN_TOKEN: must have at least 16 characters.*openssl rand -hex 32/);
});
