import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";

/** Which pages, hosts and proxies the API listens to. */
let stack: Stack;
let proxied: TestProcess;

beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  proxied = await stack.startApi({ TRUST_PROXY: "10.0.0.0/8,127.0.0.1", CORS_ORIGINS: "https://console.example" });
});
afterAll(() => stack?.stop());

async function signIn(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ email: stack.adminEmail, password: stack.adminPassword }),
  });
  const line = answer.headers.getSetCookie().find((one) => one.includes("sf_session=")) ?? "";
  return { status: answer.status, line, cookie: line.split(";")[0] as string };
}

/** The whole text that comes back for what is written. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("TRUST_PROXY", () => {
  it.each(["1", "true", "2", "yes", "loopback", "10.0.0.0/0", "::/0", "10.0.0.0/40", "10.0.0.7,1"])(
    "refuses %s, and says what to write",
    (given) => {
      expect(() => loadConfig({ TRUST_PROXY: given })).toThrow(
        /TRUST_PROXY: .*Name the addresses of your own proxies: TRUST_PROXY=10\.0\.0\.0\/8/,
      );
    },
  );
  it.each(["", "0", "false"])("of %j trusts nobody", (given) => {
    expect(loadConfig({ TRUST_PROXY: given }).TRUST_PROXY).toEqual([]);
  });

  const addressOf = async (url: string, headers: Record<string, string>) => {
    const { cookie } = await signIn(url, headers);
    const sessions = await fetch(`${url}/v1/me/sessions`, { headers: { cookie, ...headers } });
    return ((await sessions.json()) as { items: { address: string; current: boolean }[] }).items.find(({ current }) => current)?.address;
  };

  it("unset, believes nobody; set, believes what the named proxies saw and no more", async () => {
    expect(await addressOf(stack.apiUrl, { "x-forwarded-for": "203.0.113.9" })).toBe("127.0.0.1");
    expect(await addressOf(proxied.url, { "x-forwarded-for": "203.0.113.9" })).toBe("203.0.113.9");
    // A client wrote the first one itself; the proxy at 10.1.1.1 saw the second.
    expect(await addressOf(proxied.url, { "x-forwarded-for": "198.51.100.1, 203.0.113.9, 10.1.1.1" })).toBe("203.0.113.9");
    const outside = await stack.startApi({ TRUST_PROXY: "10.0.0.0/8" });
    expect(await addressOf(outside.url, { "x-forwarded-for": "203.0.113.9" })).toBe("127.0.0.1");
    await outside.kill("SIGKILL");
  });
});

describe("the cookie", () => {
  it("is plain on this machine; behind HTTPS it is __Host- and Secure, and the plain name counts for nothing", async () => {
    const { line, cookie } = await signIn(proxied.url);
    expect(line).toMatch(/^sf_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    const https = { "x-forwarded-proto": "https" };
    const secure = await signIn(proxied.url, https);
    expect(secure.line).toMatch(/^__Host-sf_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
    const ask = (given: string) => fetch(`${proxied.url}/v1/session`, { headers: { cookie: given, ...https } });
    const good = await ask(secure.cookie);
    expect(good.status).toBe(200);
    expect(good.headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect((await ask(cookie)).status).toBe(401);
    // Nobody is trusted here, so nobody can say that it is HTTPS.
    expect((await signIn(stack.apiUrl, https)).line).toMatch(/^sf_session=/);
  });
});

describe("another origin", () => {
  it("is told apart by its scheme as well: http is not https", async () => {
    const host = new URL(proxied.url).host;
    const https = { "x-forwarded-proto": "https" };
    const { cookie } = await signIn(proxied.url, https);
    const read = (origin: string) => fetch(`${proxied.url}/v1/session`, { headers: { cookie, origin, ...https } });
    expect((await read(`https://${host}`)).status).toBe(200);
    expect((await read("https://console.example")).status).toBe(200);
    const refused = await read(`http://${host}`);
    expect(refused.status).toBe(403);
    expect(((await refused.json()) as { detail: string }).detail).toContain(`(https://${host})`);
  });

  it("is sent no CORS headers unless it is configured, in development too", async () => {
    const development = await stack.startApi({ NODE_ENV: "development" });
    const allowed = async (url: string, origin: string) =>
      (await fetch(`${url}/v1/session`, { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } })).headers.get(
        "access-control-allow-origin",
      );
    for (const url of [stack.apiUrl, development.url])
      for (const origin of ["http://localhost:5173", "http://127.0.0.1:8080", "null"]) expect(await allowed(url, origin)).toBeNull();
    expect(await allowed(proxied.url, "https://console.example")).toBe("https://console.example");
    expect(await allowed(proxied.url, "http://console.example")).toBeNull();
    await development.kill("SIGKILL");
  });

  it.each(["*", "console.example", "https://console.example/", "https://console.example/path"])("cannot be configured as %s", (given) => {
    expect(() => loadConfig({ CORS_ORIGINS: given })).toThrow(/CORS_ORIGINS: .*is no origin/);
  });
});

test("two Host headers are refused on every kind of route, and one is not", async () => {
  for (const path of ["/v1/session", "/health", "/docs", "/nonexistent", "/"]) {
    const request = (hosts: string) => raw(stack.apiUrl, `GET ${path} HTTP/1.1\r\n${hosts}connection: close\r\n\r\n`);
    const answer = await request("Host: a.example\r\nhost: b.example\r\n");
    expect(`${path} ${answer.split("\r\n")[0]}`).toBe(`${path} HTTP/1.1 400 Bad Request`);
    expect(answer).toContain("two Host headers");
    expect(await request("Host: a.example\r\n")).not.toContain("two Host headers");
  }
});

test("whatever holds data is kept in no cache, problems included, and every page has one content policy", async () => {
  const document = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> };
  const reads = Object.entries(document.paths).filter(([path, operations]) => path.startsWith("/v1/") && "get" in operations);
  expect(reads.length).toBeGreaterThanOrEqual(30);
  for (const [path] of reads) {
    if (path === "/v1/stats/live") continue;
    const answer = await fetch(stack.apiUrl + path.replaceAll(/\{\w+\}/g, "x"), { headers: { "x-admin-token": stack.adminToken } });
    expect(`${path} ${answer.headers.get("cache-control")}`).toBe(`${path} no-store`);
    await answer.body?.cancel();
  }
  const policies = new Set<string | null>();
  for (const path of ["/", "/docs", "/docs/static/index.html", "/docs/static/swagger-ui.css", "/problems/duplicate", "/v1/session"])
    policies.add((await fetch(stack.apiUrl + path)).headers.get("content-security-policy"));
  expect([...policies]).toEqual([expect.stringMatching(/^default-src 'self';(?!.*unsafe-inline)/)]);
});
