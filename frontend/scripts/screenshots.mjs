#!/usr/bin/env node
// Takes the pictures of the live page for the README: docs/screenshots/live-{light,dark}-{375,1440}.png.
//
//   node frontend/scripts/screenshots.mjs <url> <e-mail> <password>
//
// Let events flow for some minutes before (`npm run demo`), else the chart is short. Needs Node 24 (it imports TypeScript).
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../../backend/test/e2e/chromium.ts";

const [url, email, password] = process.argv.slice(2);
if (!url || !email || !password) {
  console.error("Usage: node frontend/scripts/screenshots.mjs <url> <e-mail> <password>");
  process.exit(2);
}

const folder = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const sizes = [
  { width: 375, height: 812 },
  { width: 1440, height: 900 },
];

await mkdir(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const colorScheme of ["light", "dark"]) {
    // One sign-in per colour: each picture with its own would run into the throttle of repeated runs.
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", deviceScaleFactor: 2 });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("[data-testid=live-state][data-state=live]").waitFor({ timeout: 10_000 });
    for (const viewport of sizes) {
      await page.setViewportSize(viewport);
      await page.waitForTimeout(1500);
      const path = `${folder}live-${colorScheme}-${viewport.width}.png`;
      await page.screenshot({ path, fullPage: true });
      console.log(path);
    }
    await context.close();
  }
} finally {
  await browser.close();
}
