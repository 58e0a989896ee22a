import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { findChromium, launchChromium } from "./chromium.js";
import { withPage } from "./dashboard.js";

type Stack = Awaited<ReturnType<typeof startStack>>;

let stack: Stack;
let browser: Browser;

/** Without a browser the page cannot be looked at; CI has one, and there its absence is a failure. */
describe.skipIf(!findChromium() && !process.env["CI"])("the live page, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it("explains a wrong password and lets nobody in", async () => {
    await withPage(browser, async ({ page }) => {
      await page.goto(stack.apiUrl);
      await fillIn(page, "not the password");
      await page.getByText("E-mail or password is wrong").waitFor();
      expect(await page.getByTestId("verdict").count()).toBe(0);
      expect(await page.getByText("printed once").isVisible()).toBe(true);
    });
  });

  it("shows a new system what to send first", async () => {
    await withPage(browser, async ({ page }) => {
      await signIn(page);
      await page.getByText("Ready for the first event").waitFor();
      expect(await page.locator("pre").textContent()).toContain(`curl ${stack.apiUrl}/v1/events`);
    });
  });

  it("follows the load within 2 s and counts every event, without an error in the console", async () => {
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page);
      const stopLoad = load(100, 4);
      // The figure is an average over 2 s: a quarter of the rate is there when the load is half a second old.
      await figureAbove(page, "eps-accepted", 25, 2000);
      await figureAbove(page, "eps-stored", 50, 3000);
      await page.getByRole("img", { name: /Events per second/ }).waitFor();
      const accepted = await stopLoad();
      await figureIs(page, "total-accepted", accepted, 5000);
      await figureIs(page, "total-stored", accepted, 10_000);
      await figureIs(page, "eps-accepted", 0, 6000);
      expect(await page.getByTestId("verdict").textContent()).not.toMatch(/^\d+ .*missing/);
      expect(errors).toEqual([]);
    });
  });

  it("leads from a cause to its letters, by the same name, and says which figures are the chosen tenant's", async () => {
    await send([{ ...sale("typo"), eventType: "SLAE" }]);
    await withPage(browser, async ({ page }) => {
      await signIn(page);
      await page.getByTestId("cause").filter({ hasText: "SLAE" }).click();
      await page.waitForURL(/\/dead-letters\?cause=/);
      await page.getByText(/^Unknown event type · SLAE$/).waitFor();
      await page.getByRole("row").filter({ hasText: "typo" }).waitFor();

      await page.goto(`${stack.apiUrl}/?tenant=tenant-demo`);
      await page.getByTestId("cause").filter({ hasText: "SLAE" }).waitFor();
      expect(await page.getByTestId("tenant-note").textContent()).toContain("dead letters by cause are of tenant-demo");
      await page.goto(`${stack.apiUrl}/?tenant=nobody`);
      await page.getByText("Every event of nobody could be stored").waitFor();
      expect(await page.getByTestId("dead-open").textContent()).toBe("none open");
      expect(await page.getByTestId("open-letters").getAttribute("title")).toContain("of all tenants");
    });
  });

  it("lists what waits to be tried again, with its last error", async () => {
    const mongo = await MongoClient.connect(stack.mongo.url);
    const stored = mongo.db("streamforge").collection("events");
    await withPage(browser, async ({ page }) => {
      await signIn(page);
      await page.getByRole("button", { name: /waiting to be tried again/ }).click();
      const list = page.getByRole("dialog");
      await list.getByText("Nothing waits to be tried again").waitFor();

      await stored.createIndex({ "payload.where": "2dsphere" }, { name: "place" });
      // An event waits for some seconds before it is given up: others follow until one was seen.
      let seen = false;
      const row = list
        .getByRole("listitem")
        .filter({ hasText: /^nowhere-/ })
        .first();
      const waiting = row.waitFor().then(() => {
        seen = true;
        return row.textContent();
      });
      for (let i = 0; !seen && i < 100; i++) {
        await send([
          { ...sale(`nowhere-${i}`), payload: { amount: 1, currency: "EUR", where: { type: "Point", coordinates: [999, 999] } } },
        ]);
        await new Promise((next) => setTimeout(next, 200));
      }
      expect(await waiting).toMatch(/tenant-demo.*failed \d times?.*geo/);
    }).finally(async () => {
      await stored.dropIndex("place");
      await mongo.close();
    });
  });

  it("shows what is read from Kafka, how far behind, and what stands in the way", async () => {
    const redis = new Redis(stack.redis.adminUrl);
    const topic = { topic: "orders", tenantId: "tenant-demo", partitions: 4, lagMessages: 1_234, lagSeconds: 7.5 };
    const source = { name: "source-1", kind: "kafka", host: "h", pid: 1, startedAtMs: Date.now(), rssBytes: 1, faults: null, ready: false };
    const troubles = [{ code: "kafka-away", what: "messages cannot be fetched", reason: "connect ECONNREFUSED", sinceMs: Date.now() }];
    const says = { messagesPerSecond: 0, troubles, missingTopics: [], deletedMessages: 0 };
    const paused = { ...topic, paused: 1, pausedFor: "rate-limited" };
    // As a source writes it each second.
    const beat = () => redis.hset("sf:sources", "source-1", JSON.stringify({ ...source, ...says, atMs: Date.now(), topics: [paused] }));
    const beats = setInterval(beat, 500);
    await withPage(browser, async ({ page }) => {
      await signIn(page);
      const row = page.getByRole("row").filter({ hasText: "orders" });
      await row.waitFor();
      expect(await row.textContent()).toMatch(/1 partition paused: rate of tenant-demo.*1,234.*7\.5 s/);
      await page.getByText("not reading").waitFor();
      await page.getByText("Kafka: messages cannot be fetched since").first().waitFor();
    }).finally(async () => {
      clearInterval(beats);
      await redis.hdel("sf:sources", "source-1");
      redis.disconnect();
    });
  });

  it("fits a phone", async () => {
    await withPage(browser, async ({ page }) => {
      await page.setViewportSize({ width: 375, height: 812 });
      await signIn(page);
      await state(page, "live", 5000);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    });
  });

  it("says that its figures are old when the API is gone, and recovers with it", async () => {
    await withPage(browser, async ({ page }) => {
      await signIn(page);
      await state(page, "live", 5000);
      await openLetters(page, "live");
      await stack.api.kill("SIGTERM");
      await state(page, "stale", 15_000);
      await openLetters(page, "stale");
      await page.getByText(/· \d+ s old/).waitFor();
      expect(await page.getByTestId("verdict").textContent()).toBe("Not known right now");
      await stack.api.restart();
      await state(page, "live", 15_000);
      expect(await page.getByTestId("verdict").textContent()).not.toBe("Not known right now");
    });
  });

  it("signs out, and the page stays closed afterwards", async () => {
    await withPage(browser, async ({ page }) => {
      await signIn(page);
      await page.getByRole("button", { name: /^Signed in as/ }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in to StreamForge" }).waitFor();
      await page.reload();
      await page.getByRole("heading", { name: "Sign in to StreamForge" }).waitFor();
    });
  });
});

async function fillIn(page: Page, password: string): Promise<void> {
  await page.getByLabel("E-mail").fill(stack.adminEmail);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function signIn(page: Page): Promise<void> {
  await page.goto(stack.apiUrl);
  await fillIn(page, stack.adminPassword);
  await page.getByTestId("verdict").waitFor();
}

const state = (page: Page, name: string, timeout: number) =>
  page.locator(`[data-testid=live-state][data-state=${name}]`).waitFor({ timeout });

/** The navigation's figure, which must not look alive when nobody feeds it. */
const openLetters = (page: Page, name: string) => page.locator(`[data-testid=open-letters][data-state=${name}]`).waitFor();

const figureAbove = (page: Page, testId: string, least: number, timeoutMs: number) =>
  expect.poll(() => figure(page, testId), { timeout: patience(timeoutMs), interval: 100 }).toBeGreaterThan(least);
const figureIs = (page: Page, testId: string, value: number, timeoutMs: number) =>
  expect.poll(() => figure(page, testId), { timeout: patience(timeoutMs), interval: 100 }).toBe(value);

async function figure(page: Page, testId: string): Promise<number> {
  return Number(((await page.getByTestId(testId).textContent()) ?? "").replaceAll(",", ""));
}

const sale = (eventId: string) => ({ eventId, eventType: "SALE", userId: "u-1", payload: { amount: 1.5, currency: "EUR" } });

/** @returns how many were accepted */
async function send(events: object[]): Promise<number> {
  const answer = await fetch(`${stack.apiUrl}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(events),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { accepted: number }).accepted;
}

/**
 * Sends batches until it is told to stop.
 * @param size events per batch
 * @param perSecond batches a second
 * @returns a function that stops it and gives the number of events that were answered `accepted`
 */
function load(size: number, perSecond: number): () => Promise<number> {
  const stop = new AbortController();
  const run = (async () => {
    let accepted = 0;
    for (let batch = 0; !stop.signal.aborted && batch < 1000; batch++) {
      accepted += await send(Array.from({ length: size }, (_, i) => sale(`live-${batch}-${i}`)));
      await new Promise((next) => setTimeout(next, 1000 / perSecond));
    }
    return accepted;
  })();
  return () => {
    stop.abort();
    return run;
  };
}
