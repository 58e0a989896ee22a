import { dashboardPaths } from "@streamforge/shared";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { findChromium, launchChromium } from "./chromium.js";
import { adminOf, goTo, overflow, seriousViolations, settled, signIn, signInHere, withPage } from "./dashboard.js";

let stack: Stack;
let browser: Browser;
const viewer = { email: "viewer@example.com", password: "a viewer looks and does not touch" };

const send = (body: object, key = stack.apiKey) =>
  fetch(`${stack.apiUrl}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const event = (eventId: string, more: object = {}) => ({
  eventId,
  eventType: "SALE",
  userId: "u-1",
  payload: { amount: 1.5, currency: "EUR" },
  ...more,
});

describe.skipIf(!findChromium() && !process.env["CI"])("every page, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    expect((await send(Array.from({ length: 300 }, (_, i) => event(`page-${i}`)))).status).toBe(202);
    const made = await fetch(`${stack.apiUrl}/v1/admin/users`, {
      method: "POST",
      headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
      body: JSON.stringify({ ...viewer, role: "viewer" }),
    });
    expect(made.status).toBe(201);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [375, 1440, 2560]) {
      it(`is in order, ${colorScheme}, ${width} px: no console error, nothing serious for axe, nothing sticks out`, async () => {
        await withPage(
          browser,
          async ({ page, errors }) => {
            await signIn(page, stack);
            for (const path of dashboardPaths) {
              await goTo(page, path);
              await page.locator("[data-testid=live-state][data-state=live]").waitFor();
              expect(await overflow(page), `${path} sticks out`).toBeLessThanOrEqual(0);
              expect(await seriousViolations(page), path).toEqual([]);
            }
            await goTo(page, "/events/page-7?tenant=tenant-demo");
            await page.getByRole("region", { name: "Payload" }).getByText('"EUR"').waitFor();
            expect(await seriousViolations(page), "an event").toEqual([]);
            expect(errors).toEqual([]);
          },
          { colorScheme, viewport: { width, height: 812 } },
        );
      });
    }
  }

  it("answers deep links with the page, programs with JSON, and an unknown path of the API with a problem", async () => {
    const ask = (path: string, accept: string) => fetch(stack.apiUrl + path, { headers: { accept } });
    for (const path of [...dashboardPaths, "/events/a.b", "/dead-letters/x"]) {
      const page = await ask(path, "text/html,*/*");
      expect([path, page.status, page.headers.get("content-type")]).toEqual([path, 200, "text/html; charset=utf-8"]);
      expect(page.headers.get("cache-control")).toBe("no-cache");
    }
    expect((await ask("/events", "*/*")).status).toBe(401);
    const asProgram = await fetch(`${stack.apiUrl}/events?limit=1`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    expect(asProgram.headers.get("content-type")).toContain("application/json");
    for (const path of ["/v1/nothing", "/assets/none.js", "/api/nothing"]) {
      const answer = await ask(path, "text/html");
      expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 404, "application/problem+json"]);
    }
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await (await ask("/", "text/html")).text())?.[1] as string;
    const file = await ask(script, "*/*");
    expect(file.headers.get("cache-control")).toContain("immutable");
    expect(file.headers.get("content-encoding")).toBeTruthy();
  });

  it("loads less than 200 kB of compressed JavaScript for the live page, its chart included", async () => {
    await withPage(browser, async ({ page }) => {
      await signIn(page, stack);
      await page.getByTestId("eps-accepted").waitFor();
      await page.reload();
      await page.getByRole("img", { name: /^Events per second/ }).waitFor();
      const scripts = (await page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))",
      )) as string[];
      const sizes = await Promise.all(
        scripts.map(async (url) => {
          const { headers } = await fetch(url, { headers: { "accept-encoding": "gzip" } });
          return Number(headers.get("content-length"));
        }),
      );
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      expect(scripts.length).toBeGreaterThan(3);
      expect(bytes).toBeGreaterThan(100_000);
      expect(bytes).toBeLessThan(200_000);
    });
  });

  it("is back where it was after the session ended, with its filters", async () => {
    await withPage(browser, async ({ page }) => {
      await signIn(page, stack, "/events?tenant=tenant-demo&type=SALE");
      await page.getByRole("row").nth(5).waitFor();
      await page.context().clearCookies();
      // Whatever asks next hears 401; a question that comes by itself may be faster than the click.
      await page
        .getByRole("button", { name: "Refresh" })
        .click({ timeout: patience(2000) })
        .catch(() => {});
      await signInHere(page, adminOf(stack));
      await page.getByRole("row").nth(5).waitFor();
      expect(new URL(page.url()).search).toBe("?tenant=tenant-demo&type=SALE");
      expect(await page.getByLabel("Type", { exact: true }).inputValue()).toBe("SALE");
    });
  });

  it("shows the next person in the tab nothing of the last one's after a session ended", async () => {
    await withPage(browser, async ({ page }) => {
      const administration = ["/users", "/audit", "/keys?tenant=tenant-demo"];
      await signIn(page, stack);
      for (const path of administration) {
        await goTo(page, path);
        await page.locator("main").getByRole("row").nth(1).waitFor();
      }
      await page.context().clearCookies();
      // A page whose question hears 401.
      await goTo(page, "/dead-letters");
      await signInHere(page, viewer);
      for (const path of administration) {
        await goTo(page, path);
        await page.getByText("Your role does not allow this").waitFor();
        expect(await page.getByRole("row").count(), path).toBe(0);
        expect(await page.getByRole("button", { name: /Add person|Create key/ }).count(), path).toBe(0);
      }
      const links = page.getByRole("navigation", { name: "Pages" }).getByRole("link");
      expect((await links.allTextContents()).join()).not.toMatch(/Users|Audit|Keys|Tenants/);
    });
  });

  it("walks through events by keyboard, endlessly, with one open beside the list", async () => {
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, "/events?tenant=tenant-demo");
      const grid = page.getByRole("grid", { name: "Events" });
      await grid.getByRole("row").nth(1).click();
      await page.getByRole("region", { name: /^Event page-/ }).waitFor();
      const opened = page.url();
      await grid.locator('[aria-selected="true"]').focus();
      await page.keyboard.press("ArrowDown");
      await expect.poll(() => page.url()).not.toBe(opened);
      await page.keyboard.press("Escape");
      await expect.poll(() => new URL(page.url()).pathname).toBe("/events");
      // 300 events come in pages of 100; the last row is reached by the keyboard alone.
      await expect
        .poll(
          async () => {
            await grid.locator('[tabindex="0"]').first().focus();
            await page.keyboard.press("End");
            return page.getByText("That is all: 300").isVisible();
          },
          { timeout: patience(10_000) },
        )
        .toBe(true);
      expect(errors).toEqual([]);
    });
  });

  it("finds an event by its id from anywhere, with its digits as they were sent", async () => {
    const body =
      '{"eventId":"exact-1","eventType":"SALE","userId":"u-1","payload":{"amount":1,"currency":"EUR","ref":12345678901234567890}}';
    await fetch(`${stack.apiUrl}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
      body,
    });
    await withPage(browser, async ({ page }) => {
      await signIn(page, stack);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("exact-1");
      await page.keyboard.press("Enter");
      await page.getByText("12345678901234567890").first().waitFor();
      await page.getByText("Stored", { exact: true }).first().waitFor();
    });
  });

  it("links an event to its trace, where the operator has named the page of traces", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const body = JSON.stringify(event("traced"));
    expect((await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers: { ...headers, traceparent }, body })).status).toBe(202);
    const linking = await stack.startApi({ TRACE_URL_TEMPLATE: "https://traces.example.org/trace/{traceId}" });
    await withPage(browser, async ({ page, errors }) => {
      await page.goto(`${linking.url}/events/traced?tenant=tenant-demo`);
      await signInHere(page, adminOf(stack));
      const link = page.getByRole("link", { name: traceId });
      await link.waitFor();
      expect(await link.getAttribute("href")).toBe(`https://traces.example.org/trace/${traceId}`);
      expect(await link.getAttribute("rel")).toContain("noreferrer");
      expect(errors).toEqual([]);
    });
    await linking.kill("SIGTERM");
  });

  it("creates a key that a producer can use, and revokes it, after which it is refused", async () => {
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, "/keys?tenant=tenant-demo");
      await page.getByRole("button", { name: "Create key" }).first().click();
      await page.getByRole("dialog").getByLabel("Name").fill("checkout");
      await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
      const key = (await page.getByTestId("new-key").locator("pre").textContent()) as string;
      expect(key).toMatch(/^sf_live_/);
      await page.keyboard.press("Escape");
      expect(await page.getByTestId("new-key").isVisible()).toBe(true);
      await page.getByLabel("I have put the key where it is safe").check();
      await page.getByRole("button", { name: "Done" }).click();
      expect((await send(event("by-new-key"), key)).status).toBe(202);

      await page.getByRole("button", { name: "Change the key checkout" }).click();
      await page.getByRole("menuitem", { name: /Revoke/ }).click();
      await page.getByText("is refused with 401 within a second").waitFor();
      await page.getByRole("button", { name: "Revoke key" }).click();
      await page.getByText('The key "checkout" is revoked.').waitFor();
      await expect.poll(async () => (await send(event("too-late"), key)).status, { timeout: patience(1500), interval: 100 }).toBe(401);
      expect(errors).toEqual([]);
    });
  });

  it("shows a viewer nothing that would be refused", async () => {
    await withPage(browser, async ({ page, errors }) => {
      const refused: string[] = [];
      page.on("response", (answer) => answer.status() === 403 && refused.push(answer.url()));
      await signIn(page, stack, "/", viewer);
      await page.getByRole("link", { name: "Ledger" }).waitFor();
      expect(await page.getByRole("link", { name: "Keys" }).count()).toBe(0);
      expect(await page.getByRole("link", { name: "Tenants" }).count()).toBe(0);
      for (const path of ["/", "/events", "/ledger"]) await goTo(page, path);
      await page.getByRole("grid", { name: "Minutes" }).waitFor();
      expect(refused).toEqual([]);
      expect(errors).toEqual([]);
      await page.goto(`${stack.apiUrl}/keys`);
      await settled(page);
      await page.getByText("Your role does not allow this").waitFor();
      expect(await page.getByRole("button", { name: "Create key" }).count()).toBe(0);
    });
  });
});
