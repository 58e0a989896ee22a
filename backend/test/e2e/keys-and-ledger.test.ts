import { MongoClient } from "mongodb";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { findChromium, launchChromium } from "./chromium.js";
import { goTo, overflow, seriousViolations, settled, signIn, withPage } from "./dashboard.js";

let stack: Stack;
let browser: Browser;

const TENANT = "acme";
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const now = Math.floor(Date.now() / MINUTE_MS);
/** Older than the 5,000 minutes that the API gives at once. */
const LOST = now - 5 * DAY_MINUTES;
const OTHERS = 120;

/** Asks the API as the administrator's program does. @returns the body of a 2xx answer */
async function asAdmin<Body>(method: string, path: string, body?: object): Promise<Body> {
  const headers = { "x-admin-token": stack.adminToken, ...(body ? { "content-type": "application/json" } : {}) };
  const answer = await fetch(stack.apiUrl + path, { method, headers, body: body && JSON.stringify(body) });
  expect([method, path, answer.ok]).toEqual([method, path, true]);
  return (await answer.json()) as Body;
}

const makeKey = (name: string) => asAdmin<{ id: string; key: string }>("POST", "/v1/admin/keys", { tenantId: TENANT, name });

/** Minutes of acceptance as they are kept, of almost six days; in one of them three events were lost. */
async function fillLedger(): Promise<void> {
  const minutes = Array.from({ length: 6 * DAY_MINUTES - 10 }, (_, i) => {
    const minute = now - 10 - i;
    const missing = minute === LOST ? 3 : 0;
    const counts = { accepted: 100 + missing, stored: 97, duplicate: 2, dead: 1 };
    const _id = `${minute}:${TENANT}`;
    return { _id, minute, tenantId: TENANT, ...counts, missing, unacknowledged: missing, parts: { "0_": counts } };
  });
  const client = new MongoClient(stack.mongo.url);
  await client.db("streamforge").collection<{ _id: string }>("ledger").insertMany(minutes);
  await client.close();
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const verdict = (page: Page, text: string | RegExp) => page.getByTestId("verdict").getByText(text).waitFor();
const rows = (page: Page, list: string) => page.getByRole("grid", { name: list }).locator("[data-row]");

describe.skipIf(!findChromium() && !process.env["CI"])("keys and ledger, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    await makeKey("the first one");
    for (let i = 0; i < OTHERS; i++) await makeKey(`till ${i}`);
    await fillLedger();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it("lists keys to the oldest one, and finds it by its name", () =>
    withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/keys?tenant=${TENANT}`);
      const grid = page.getByRole("grid", { name: "API keys" });
      const oldest = async () => {
        await grid.locator('[tabindex="0"]').first().focus();
        await page.keyboard.press("End");
        return grid.getByText("the first one").isVisible();
      };
      await expect.poll(oldest, { timeout: patience(15_000) }).toBe(true);
      await page.getByText(`That is all: ${OTHERS + 1}`).waitFor();
      await page.getByLabel("Part of a name, or an id").fill("FIRST");
      await expect.poll(() => rows(page, "API keys").count()).toBe(1);
      expect(new URL(page.url()).searchParams.get("q")).toBe("FIRST");
      await page.getByLabel("State").selectOption("Revoked");
      await page.getByText("No key is like that").waitFor();
      expect(new URL(page.url()).searchParams.get("state")).toBe("revoked");
      expect(await seriousViolations(page)).toEqual([]);
      expect(errors).toEqual([]);
    }));

  it("offers a key's rotation once, and then says who has changed over", () =>
    withPage(browser, async ({ page, errors }) => {
      const { key } = await makeKey("rotated");
      await signIn(page, stack, `/keys?tenant=${TENANT}&q=rotated`);
      const change = button(page, "Change the key rotated");
      const [inner, outer] = [await change.boundingBox(), await change.locator("xpath=ancestor::*[@role='gridcell']").boundingBox()];
      expect((inner?.x ?? 0) + (inner?.width ?? 0)).toBeLessThanOrEqual((outer?.x ?? 0) + (outer?.width ?? 0) - 12);
      await change.click();
      await page.getByRole("menuitem", { name: /Rotate/ }).click();
      await button(page, "Issue the new key").click();
      await page.getByLabel("I have put the key where it is safe").check();
      await button(page, "Done").click();
      const old = rows(page, "API keys").filter({ hasText: "Being replaced" });
      await old.getByText(/^successor unused, ends/).waitFor();

      const used = await fetch(`${stack.apiUrl}/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ eventId: "old-key", eventType: "SALE", userId: "u-1", payload: {} }),
      });
      expect(used.status).toBe(202);
      // The old key's last use is written down within the minute.
      await old.getByText(/^still used, ends/).waitFor({ timeout: patience(120_000) });
      await old.getByRole("button").click();
      await page.getByRole("menuitem", { name: /Revoke/ }).waitFor();
      expect(await page.getByRole("menuitem", { name: /Rotate/ }).count()).toBe(0);
      await page.getByRole("menuitem", { name: /Revoke/ }).click();
      await page.getByText("some program has not changed over").waitFor();
      await button(page, "Revoke key").click();
      await rows(page, "API keys").filter({ hasText: "Revoked" }).waitFor();
      expect(errors).toEqual([]);
    }));

  it("finds a loss that is older than the list goes, and gives no all-clear beside it", () =>
    withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/ledger?tenant=${TENANT}&since=7d`);
      await verdict(page, /^3 events missing, first in the minute of /);
      await page.getByTestId("cut").getByText("These are the newest 5,000").waitFor();
      await page.getByLabel("Only minutes with something missing").check();
      await expect.poll(() => rows(page, "Minutes").count()).toBe(1);
      expect(await rows(page, "Minutes").first().getAttribute("data-row")).toBe(`${new Date(LOST * MINUTE_MS).toISOString()} ${TENANT}`);
      expect(await page.getByTestId("cut").count()).toBe(0);
      expect(await page.getByText("every accepted event is accounted for").count()).toBe(0);
      await goTo(page, `/ledger?tenant=${TENANT}&since=24h&only=missing`);
      await page.getByText("In the chosen time every accepted event is accounted for.").waitFor();
      await verdict(page, "Nothing is missing");
      expect(await seriousViolations(page)).toEqual([]);
      expect(errors).toEqual([]);
    }));

  it("tells rows apart on a phone", () =>
    withPage(
      browser,
      async ({ page }) => {
        await signIn(page, stack, "/ledger?since=24h");
        const minute = rows(page, "Minutes").filter({ hasText: "97 stored" }).first();
        await minute.getByText(TENANT).waitFor();
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await goTo(page, "/keys");
        await rows(page, "API keys").filter({ hasText: "till 119" }).getByText(TENANT).waitFor();
        await rows(page, "API keys").filter({ hasText: "till 119" }).getByText("never used").waitFor();
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await seriousViolations(page)).toEqual([]);
      },
      { viewport: { width: 375, height: 812 } },
    ));

  // The last one: it takes the api with it for a while.
  it("says nothing of the ledger while the API is away but what was true before", () =>
    withPage(browser, async ({ page }) => {
      await signIn(page, stack, `/ledger?tenant=${TENANT}&since=24h`);
      await verdict(page, "Nothing is missing");
      await stack.api.kill("SIGKILL");
      await verdict(page, "Not known right now");
      await page.getByText(/^As of .*: Nothing is missing\. Of /).waitFor();
      await stack.api.restart();
      await vi.waitFor(() => verdict(page, "Nothing is missing"), { timeout: patience(60_000) });
      await settled(page);
    }));
});
