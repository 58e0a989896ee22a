import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSender, type Sending, settledSoon } from "../integration/sending-fixture.js";
import { readByDuckDb } from "../support/parquet.js";
import { type Stack, startStack } from "../support/stack.js";
import { findChromium, launchChromium } from "./chromium.js";
import { overflow, seriousViolations, signIn, withPage } from "./dashboard.js";

const folder = mkdtempSync(join(tmpdir(), "streamforge-e2e-exports-"));
let stack: Stack;
let browser: Browser;
let sender: Sending;

describe.skipIf(!findChromium() && !process.env["CI"])("exports, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack({ env: { EXPORT_DIR: folder } }), launchChromium()]);
    sender = await newSender(stack);
    const items = Array.from({ length: 40 }, (_, i) => ({ eventId: `e-${i}`, eventType: i % 2 ? "SALE" : "REFUND", payload: { i } }));
    await sender.post("/v1/events", items);
    await settledSoon(stack);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("exports what the list is narrowed to, and says where it is", () =>
    withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/events?tenant=${sender.tenantId}&type=SALE`);
      await page.getByRole("button", { name: "Export …" }).click();
      const dialog = page.getByRole("dialog", { name: "Export events to Parquet" });
      await expect.poll(() => dialog.getByLabel("Type").inputValue()).toBe("SALE");
      expect(await seriousViolations(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await dialog.getByLabel("To day, inclusive").fill("2001-01-01");
      await dialog.getByText("is before the first day").waitFor();
      await dialog.getByLabel("To day, inclusive").fill(new Date().toISOString().slice(0, 10));

      // What the server does not have is said where it was asked for.
      await dialog.getByLabel("Into").selectOption("its bucket");
      await dialog.getByRole("button", { name: "Export" }).click();
      await dialog.getByText("The target s3 is not configured").waitFor();

      await dialog.getByLabel("Into").selectOption("its folder");
      await dialog.getByRole("button", { name: "Export" }).click();
      await dialog.getByText("20 events are in").waitFor();
      if (process.env["SHOT"]) await page.screenshot({ path: process.env["SHOT"] });
      const place = (await dialog.locator("code").first().textContent()) as string;
      expect(place.startsWith(folder)).toBe(true);
      const rows = await readByDuckDb(place);
      expect(rows).toHaveLength(20);
      expect(new Set(rows.map(({ eventType }) => eventType))).toEqual(new Set(["SALE"]));
      await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
      // The browser itself reports the refusal above.
      expect(errors.filter((error) => !error.includes("400"))).toEqual([]);
    }));
});
