import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newSender } from "../integration/sending-fixture.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { launchChromium } from "./chromium.js";

/** Somebody who knows nothing of StreamForge opens `/docs`, gives a key, and sends the examples as they stand in the fields. */
const SLOW = { timeout: patience(20_000) };
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack({ workers: 0 }), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function authorize(page: Page, key: string): Promise<void> {
  await page.locator(".auth-wrapper .authorize").first().click();
  await page.locator(".auth-container input").first().fill(key);
  await page.locator(".auth-btn-wrapper .authorize").first().click();
  await page.locator(".auth-btn-wrapper .btn-done").first().click();
}

/** Chooses the type of the body, sends what then stands in the field, and reads the answer. */
async function tryOut(operation: Locator, type: string): Promise<{ field: string; answer: string }> {
  await operation.locator(".opblock-section-request-body select").first().selectOption(type);
  const field = operation.locator("textarea.body-param__text");
  await expect.poll(() => field.inputValue(), SLOW).toContain(type === "application/json" ? "order-" : "pay-");
  await operation.locator("button.execute").click();
  const answer = operation.locator(".live-responses-table");
  await expect.poll(() => answer.textContent(), SLOW).toContain(type === "application/json" ? '"eventId"' : '"duplicates"');
  return { field: await field.inputValue(), answer: (await answer.textContent()) ?? "" };
}

it("the page of the API sends an event and lines, with the key that was given", async () => {
  const { key } = await newSender(stack);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(`${stack.apiUrl}/docs`);
  await authorize(page, key);
  const operation = page.locator(".opblock-post").filter({ has: page.locator('[data-path="/v1/events"]') });
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".try-out__btn").click();

  const one = await tryOut(operation, "application/json");
  expect(JSON.parse(one.field)).toMatchObject({ eventType: "SALE", payload: { currency: "EUR" } });
  expect(one.answer).toContain('"status": "accepted"');

  const lines = await tryOut(operation, "application/x-ndjson");
  expect(
    lines.field
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toHaveLength(2);
  expect(lines.answer).toContain('"accepted": 2');
  // It runs under the content policy of the dashboard, which allows no inline styles.
  expect(complaints).toEqual([]);
});
