import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import type { Stack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** What the tests of the dashboard share: pages with a session of their own, and what holds for every page. */

export interface Visit {
  page: Page;
  /** The console's errors, but for the 401 that asks who is signed in. */
  errors: string[];
}

/** Runs `use` with a page of its own (own cookies). */
export async function withPage(browser: Browser, use: (visit: Visit) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(patience(15_000));
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.location().url.endsWith("/v1/session")) errors.push(message.text());
    });
    await use({ page, errors });
  } finally {
    await context.close();
  }
}

export interface Person {
  email: string;
  password: string;
}

/** Fills in the sign-in page that is on the screen, and waits until it is gone. */
export async function signInHere(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).first().waitFor();
}

export const adminOf = (stack: Stack): Person => ({ email: stack.adminEmail, password: stack.adminPassword });

/** Goes to an address and signs in there. */
export async function signIn(page: Page, stack: Stack, path = "/", person: Person = adminOf(stack)): Promise<void> {
  await page.goto(stack.apiUrl + path);
  await signInHere(page, person);
}

/** Goes to another page as a link would, without loading everything anew. */
export async function goTo(page: Page, path: string): Promise<void> {
  // A text: these tests are compiled without the browser's types.
  await page.evaluate(`history.pushState({}, "", ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent("popstate"));`);
  await settled(page);
}

/** The page has its heading and nothing that is still on its way. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor({ state: "attached" });
  await expect.poll(() => page.locator('main [aria-label="Loading"]').count(), { timeout: patience(10_000) }).toBe(0);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Placeholders with less than 4.5:1, which axe does not look at. A text, as this is compiled without the browser's types; a canvas
 * makes plain numbers of whatever colour CSS can say.
 */
const fadedPlaceholders = `(() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (...colours) => {
    for (const colour of colours) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgrounds = (element) => element ? [...backgrounds(element.parentElement), getComputedStyle(element).backgroundColor] : ["white"];
  return [...document.querySelectorAll("[placeholder]")].filter((field) => field.checkVisibility()).flatMap((field) => {
    const under = backgrounds(field);
    const [a, b] = [light(...under), light(...under, getComputedStyle(field, "::placeholder").color)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    return contrast < 4.5 ? ["the placeholder " + field.placeholder + " has a contrast of " + contrast.toFixed(2)] : [];
  });
})()`;

/** What axe finds that is serious or worse, and placeholders that are too pale, each with where; empty when all is well. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // Evaluated and not added as a script: the page's policy forbids inline scripts.
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")}: ${failureSummary}`),
    );
  return [...serious, ...((await page.evaluate(fadedPlaceholders)) as string[])];
}

/** Width that sticks out at the right, in px. */
export const overflow = (page: Page) => page.evaluate("document.documentElement.scrollWidth - innerWidth") as Promise<number>;
