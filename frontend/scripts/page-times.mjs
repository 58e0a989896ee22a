#!/usr/bin/env node
// How long each page takes from its address to its first row, and how much JavaScript it loads:
//
//   npm run page:times -- <url> <e-mail> <password> [times] [tenant]
//
// Each time in a browser profile of its own, so that nothing is cached; a page without rows takes its time out. The page itself
// notes when the row is there: asking it from outside adds up to half a second. Needs Node 24 (it imports TypeScript).
import { dashboardPaths } from "@streamforge/shared";
import { launchChromium } from "../../backend/test/e2e/chromium.ts";

const [url, email, password, times = "3", tenant = "tenant-demo"] = process.argv.slice(2);
if (!url || !email || !password) {
  console.error("Usage: npm run page:times -- <url> <e-mail> <password> [times] [tenant]");
  process.exit(2);
}
const LONGEST_MS = 10_000;
const ROW = '[role=row][data-index="0"]';
/** What makes the other pages usable. */
const others = { "/": "main canvas", "/settings": "main form" };
const variants = ["/dead-letters?view=list", `/events?tenant=${tenant}&user=user-77`];

const browser = await launchChromium();
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("[data-testid=live-state][data-state=live]").waitFor();
  const storageState = await context.storageState();
  await context.close();
  // Events are of one tenant at a time.
  const paths = [...dashboardPaths.map((path) => (path === "/events" ? `/events?tenant=${tenant}` : path)), ...variants];
  for (const path of paths) {
    const visits = [];
    for (let i = 0; i < Number(times); i++) visits.push(await visit(path, storageState));
    const kilobytes = Math.round(Math.max(...visits.map(({ bytes }) => bytes)) / 1000);
    console.log(`${path.padEnd(40)} ${visits.map(({ ms }) => `${ms ?? "nothing there"}`).join(", ")} ms; ${kilobytes} kB of JavaScript`);
  }
} finally {
  await browser.close();
}

async function visit(path, storageState) {
  const context = await browser.newContext({ storageState, bypassCSP: true, viewport: { width: 1440, height: 900 } });
  await context.addInitScript((selector) => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(selector)) return;
      window.usableAtMs = Math.round(performance.now());
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true });
  }, others[path] ?? ROW);
  const page = await context.newPage();
  await page.goto(url.replace(/\/$/, "") + path);
  await page
    .waitForFunction(() => window.usableAtMs, undefined, { timeout: LONGEST_MS })
    .catch((error) => {
      if (error.name !== "TimeoutError") throw error;
    });
  const seen = await page.evaluate(() => ({
    ms: window.usableAtMs,
    bytes: performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  }));
  await context.close();
  return seen;
}
