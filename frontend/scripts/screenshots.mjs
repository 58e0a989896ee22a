#!/usr/bin/env node
// Takes the pictures of the documentation: docs/screenshots/<page>-<light|dark>-<375|1440>.png.
//
//   npm run screenshots -- <url> <e-mail> <password> [page ...]
//
// Let events flow for some minutes before (`npm run demo`), else charts are short and lists are empty. Needs Node 24 (it imports TypeScript).
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../../backend/test/e2e/chromium.ts";

const [url, email, password, ...wanted] = process.argv.slice(2);
if (!url || !email || !password) {
  console.error("Usage: npm run screenshots -- <url> <e-mail> <password> [page ...]");
  process.exit(2);
}

const firstRow = (page) => page.locator('[role=row][data-index="0"]').first().click();

/** Corrects the letter that is open, and asks what would come of it. */
async function fixAndCheck(page) {
  await firstRow(page);
  await page.getByRole("button", { name: "Fix and replay" }).click();
  const text = page.getByRole("dialog").getByRole("textbox", { name: "Event" });
  const event = JSON.parse(await text.inputValue());
  const payload = { ...event.payload, amount: Number(String(event.payload?.amount).replace(",", ".")) || 12.5, currency: "EUR" };
  await text.fill(JSON.stringify({ ...event, payload }, null, 2));
  await page.getByRole("button", { name: "Check what would come of it" }).click();
  await page.getByText("nothing was changed").waitFor();
}

async function makeKey(page) {
  await page.getByRole("button", { name: "Create key" }).first().click();
  await page.getByRole("dialog").getByLabel("Name").fill("till");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await page.getByTestId("new-key").waitFor();
}

/** Name of the picture, address, and what is done before it is taken. `whole`: the page in its full height; `named`: only when asked for by name. */
const pictures = [
  { name: "sign-in", path: null },
  { name: "live", path: "/", whole: true },
  { name: "events", path: "/events?tenant=tenant-demo" },
  { name: "event", path: "/events?tenant=tenant-demo", act: firstRow },
  { name: "dead-letters", path: "/dead-letters" },
  { name: "dead-letter", path: "/dead-letters?view=list", act: firstRow },
  { name: "fix", path: "/dead-letters?tenant=tenant-demo&reason=SCHEMA_INVALID&type=SALE", act: fixAndCheck },
  { name: "replays", path: "/replays" },
  { name: "replay", path: "/replays", act: firstRow },
  { name: "jobs", path: "/jobs" },
  { name: "job", path: "/jobs", act: firstRow },
  { name: "ledger", path: "/ledger" },
  // Of an installation that has lost something.
  { name: "ledger-missing", path: "/ledger", named: true },
  { name: "keys", path: "/keys" },
  { name: "key-create", path: "/keys", act: (page) => page.getByRole("button", { name: "Create key" }).first().click() },
  { name: "key-made", path: "/keys?tenant=tenant-demo", act: makeKey },
  { name: "event-types", path: "/event-types" },
  { name: "event-type", path: "/event-types", act: firstRow },
  { name: "users", path: "/users" },
  { name: "user", path: "/users", act: firstRow },
  { name: "tenants", path: "/tenants" },
  { name: "tenant", path: "/tenants", act: firstRow },
  { name: "audit", path: "/audit" },
  { name: "audit-entry", path: "/audit", act: firstRow },
  { name: "settings", path: "/settings" },
  { name: "palette", path: "/", act: (page) => page.keyboard.press("Control+k") },
];

const sizes = [
  { width: 375, height: 812 },
  { width: 1440, height: 900 },
];

const folder = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
await mkdir(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const colorScheme of ["light", "dark"]) {
    // One sign-in per colour: each picture with its own would run into the throttle of repeated runs.
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(url);
    await page.getByLabel("E-mail").waitFor();
    for (const picture of chosen().filter(({ path }) => path === null)) await inSizes(page, picture, colorScheme);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("[data-testid=live-state][data-state=live]").waitFor();
    for (const picture of chosen().filter(({ path }) => path !== null)) await inSizes(page, picture, colorScheme);
    await context.close();
  }
} finally {
  await browser.close();
}

function chosen() {
  return pictures.filter(({ name, named }) => (wanted.length === 0 ? !named : wanted.includes(name)));
}

async function inSizes(page, { name, path, act, whole }, colorScheme) {
  for (const size of sizes) {
    await page.setViewportSize(size);
    if (path !== null) {
      await page.goto(url.replace(/\/$/, "") + path);
      await page.locator("[data-testid=live-state][data-state=live]").waitFor();
    }
    await page.waitForTimeout(1200);
    if (act) {
      // A list without rows has nothing to open; its page has a picture already.
      const failure = await act(page).then(
        () => undefined,
        (error) => error,
      );
      if (failure) return console.error(`${name}: ${failure.message.split("\n")[0]}`);
      await page.waitForTimeout(1200);
    }
    if (whole) {
      // The page scrolls within its frame: let out, the whole of it is on the picture.
      await page.evaluate(
        "for (let at = document.querySelector('main'); at !== document.body; at = at.parentElement) Object.assign(at.style, { height: 'auto', minHeight: at.clientHeight + 'px', overflow: 'visible' })",
      );
      await page.waitForTimeout(500);
    }
    const file = `${folder}${name}-${colorScheme}-${size.width}.png`;
    await page.screenshot({ path: file, fullPage: Boolean(whole) });
    console.log(file);
  }
}
