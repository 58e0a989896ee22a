import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSender, type Sending, settledSoon } from "../integration/sending-fixture.js";
import { type Stack, startStack } from "../support/stack.js";
import { findChromium, launchChromium } from "./chromium.js";
import { goTo, overflow, seriousViolations, signIn, withPage } from "./dashboard.js";

const PHONE = { width: 375, height: 812 };
const WIDE = { width: 1440, height: 900 };

let stack: Stack;
let browser: Browser;
let sender: Sending;

describe.skipIf(!findChromium() && !process.env["CI"])("the life of an event, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    sender = await newSender(stack);
    await sender.post(
      "/v1/events",
      Array.from({ length: 30 }, (_, i) => ({ eventId: `e-${i}`, eventType: "SALE", userId: i % 3 ? "ann" : "bob" })),
    );
    const xml =
      "<sale>\n  <eventId>x-1</eventId><eventType>SALE</eventType><userId>eve</userId><payload><amount>12.50</amount></payload>\n</sale>";
    await sender.post("/v1/events", xml, { "content-type": "application/xml" });
    await settledSoon(stack);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  /** What holds for everything on the screen, wide and on a phone, in both colours. */
  async function fits(page: Page): Promise<void> {
    for (const size of [PHONE, WIDE]) {
      await page.setViewportSize(size);
      expect(await overflow(page)).toBe(0);
    }
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousViolations(page)).toEqual([]);
    }
  }
  const kept = async () => {
    const headers = { "x-admin-token": stack.adminToken, "x-tenant-id": sender.tenantId };
    const found = (await (await fetch(`${stack.apiUrl}/v1/events?limit=100`, { headers })).json()) as { items: { userId?: string }[] };
    return found.items.map(({ userId }) => userId);
  };

  it("an event that came as XML is shown as JSON, and as it was sent", () =>
    withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/events?tenant=${sender.tenantId}&user=eve`);
      await page.getByRole("row").filter({ hasText: "x-1" }).click();
      const sent = page.getByRole("region", { name: "As it was sent, in XML" });
      await sent.waitFor();
      expect(await sent.textContent()).toContain("<amount>12.50</amount>");
      await page.getByText('"amount": "12.50"').first().waitFor();
      await fits(page);
      expect(errors).toEqual([]);
    }));

  it("a user is erased once its name was typed and a reason given; the job says how much went", () =>
    withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/events?tenant=${sender.tenantId}&user=bob`);
      await page.getByRole("button", { name: "Erase this user" }).click();
      const dialog = page.getByRole("dialog", { name: "Erase the user “bob”?" });
      await dialog.waitFor();
      await fits(page);
      const erase = dialog.getByRole("button", { name: "Erase this user" });
      expect(await erase.isDisabled()).toBe(true);
      await dialog.getByRole("textbox", { name: /to confirm/ }).fill("ann");
      expect(await erase.isDisabled()).toBe(true);
      await dialog.getByRole("textbox", { name: /to confirm/ }).fill("bob");
      await erase.click();
      await dialog.getByText("Say why, in a few words").waitFor();
      await dialog.getByLabel("Reason, without the user's name").fill("Request 4711");
      await erase.click();
      await page.waitForURL(/\/jobs\//);
      expect(page.url()).not.toContain("bob");
      const panel = page.getByRole("region", { name: /^Job / });
      await panel.getByText("10 done").waitFor();
      await panel.getByTestId("job-state").filter({ hasText: "Completed" }).waitFor();
      await fits(page);
      const users = await kept();
      expect(users.filter((user) => user === "bob")).toEqual([]);
      expect(users).toHaveLength(21);
      expect(errors).toEqual([]);
    }));

  it("a tenant keeps its events for days of its own; less is confirmed by its name", () =>
    withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, "/tenants");
      const row = page.getByRole("row").filter({ hasText: sender.tenantId });
      await row.getByRole("button", { name: /^Change/ }).click();
      const form = page.getByRole("dialog", { name: `Change ${sender.tenantId}` });
      const days = form.getByLabel("Keep events, in days");
      await days.fill("soon");
      await form.getByRole("button", { name: "Save" }).click();
      await form.getByText("must be a whole number of days, or empty").waitFor();
      await days.fill("7");
      await form.getByLabel("Other times by event type").fill("SALE: 400");
      await fits(page);
      await form.getByRole("button", { name: "Save" }).click();
      const question = page.getByRole("dialog", { name: `Keep less of ${sender.tenantId}?` });
      await question.waitFor();
      await fits(page);
      await question.getByRole("textbox", { name: /to confirm/ }).fill(sender.tenantId);
      await question.getByRole("button", { name: "Keep less" }).click();
      await question.waitFor({ state: "detached" });
      await row.getByText("7 days").first().waitFor();
      const headers = { "x-admin-token": stack.adminToken };
      const { items } = (await (await fetch(`${stack.apiUrl}/v1/admin/tenants?limit=100`, { headers })).json()) as {
        items: { tenantId: string; retention: object }[];
      };
      expect(items.find(({ tenantId }) => tenantId === sender.tenantId)?.retention).toMatchObject({ days: 7, types: { SALE: 400 } });
      await goTo(page, "/jobs");
      await fits(page);
      expect(errors).toEqual([]);
    }));
});
