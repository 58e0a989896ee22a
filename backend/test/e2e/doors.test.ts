import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { launchChromium } from "./chromium.js";
import { signIn, withPage } from "./dashboard.js";

/** A page on another port of the same host, as any program of this machine may serve, while an admin is signed in. */
let stack: Stack;
let browser: Browser;
let stranger: Server;
let strangerUrl: string;

beforeAll(async () => {
  stranger = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<!doctype html><title>x</title>"));
  await new Promise<void>((done) => stranger.listen(0, "127.0.0.1", done));
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
  // As `npm start` has it.
  [stack, browser] = await Promise.all([startStack({ workers: 0, env: { NODE_ENV: "development" } }), launchChromium()]);
});
afterAll(async () => {
  stranger?.close();
  await browser?.close();
  await stack?.stop();
});

/** What a hostile page tries, as text: these tests are compiled without the browser's types. Answers one line a try. */
const tries = (api: string) => `(async () => {
  const seen = [];
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ email: "mallory@example.org", role: "admin", password: "three odd green lamps" });
  const reads = ["/v1/session", "/v1/me", "/v1/admin/users", "/v1/admin/keys", "/v1/events", "/v1/stats", "/v1/admin/audit"];
  for (const path of reads)
    for (const options of [{ credentials: "include" }, { credentials: "include", mode: "no-cors" }])
      await fetch("${api}" + path, options).then(async (r) => r.type !== "opaque" && seen.push(path + " " + r.status + " " + (await r.text())), () => {});
  for (const headers of [json, { "content-type": "text/plain" }, { "content-type": "application/x-www-form-urlencoded" }])
    for (const mode of ["cors", "no-cors"])
      await fetch("${api}/v1/admin/users", { method: "POST", credentials: "include", mode, headers, body }).then((r) => r.ok && seen.push("POST " + r.status), () => {});
  for (const method of ["DELETE", "PATCH", "PUT"])
    await fetch("${api}/v1/me/settings", { method, credentials: "include", headers: json, body: '{"theme":"dark"}' }).then((r) => seen.push(method + " " + r.status), () => {});
  await new Promise((done) => {
    const source = new EventSource("${api}/v1/stats/live", { withCredentials: true });
    source.onmessage = () => { seen.push("event source"); done(); };
    source.onerror = () => { source.close(); done(); };
  });
  for (const [tag, name] of [["img", "src"], ["script", "src"], ["iframe", "src"]])
    await new Promise((done) => {
      const element = document.createElement(tag);
      element.onload = () => { if (tag === "script") seen.push("script ran"); done(); };
      element.onerror = done;
      element[name] = "${api}/v1/admin/users";
      document.body.append(element);
      setTimeout(done, 3000);
    });
  return seen;
})()`;

it("reads nothing and changes nothing", async () => {
  await withPage(browser, async ({ page }) => {
    page.setDefaultTimeout(patience(30_000));
    await signIn(page, stack);
    const own = (await page.evaluate('fetch("/v1/admin/users").then((r) => r.json())')) as { items: unknown[] };
    expect(own.items).toHaveLength(1);
    await page.goto(strangerUrl);
    expect(await page.evaluate(tries(stack.apiUrl))).toEqual([]);
    // Forms need no permission of the server at all: they navigate.
    for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      await page.goto(strangerUrl);
      await page.evaluate(`(() => {
        const form = Object.assign(document.createElement("form"), { method: "post", enctype: "${enctype}", action: "${stack.apiUrl}/v1/admin/users" });
        form.append(Object.assign(document.createElement("input"), { name: '{"email":"mallory@example.org","role":"admin","x":"', value: '"}' }));
        document.body.append(form);
        form.submit();
      })()`);
      await page.waitForURL(`${stack.apiUrl}/v1/admin/users`);
    }
    await page.goto(stack.apiUrl);
    expect(await page.evaluate('fetch("/v1/admin/users").then((r) => r.json())')).toEqual(own);
    expect(await page.evaluate('fetch("/v1/me/settings").then((r) => r.json())')).toMatchObject({ theme: "system" });
    // What is tried does find what is open: with this page's origin configured, nearly all of it succeeds.
    const open = await stack.startApi({ CORS_ORIGINS: new URL(strangerUrl).origin });
    await page.goto(strangerUrl);
    const found = (await page.evaluate(tries(open.url))) as string[];
    for (const what of ["/v1/admin/users 200", "/v1/events 400", "event source", "POST 201"]) expect(found.join("\n")).toContain(what);
    await open.kill("SIGKILL");
  });
});
