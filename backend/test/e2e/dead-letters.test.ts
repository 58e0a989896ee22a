import { Redis } from "ioredis";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisNames } from "../support/redis-names.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { findChromium, launchChromium } from "./chromium.js";
import { goTo, overflow, type Person, seriousViolations, settled, signIn, withPage } from "./dashboard.js";

let stack: Stack;
let browser: Browser;

const TENANT = "tenant-demo";
/** A number that JavaScript cannot hold; sent as one. */
const DIGITS = "12345678901234567890";
const viewer: Person = { email: "looks@example.com", password: "a viewer looks and does not touch" };

const asAdmin = () => ({ "x-admin-token": stack.adminToken, "x-tenant-id": TENANT, "content-type": "application/json" });

async function send(events: object[]): Promise<void> {
  const answer = await fetch(`${stack.apiUrl}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(events).replaceAll(`"${DIGITS}"`, DIGITS),
  });
  expect(answer.status).toBe(202);
}

async function read<Body>(path: string): Promise<Body> {
  return (await (await fetch(stack.apiUrl + path, { headers: asAdmin() })).json()) as Body;
}

const sale = (eventId: string, payload: object, more: object = {}) => ({ eventId, eventType: "SALE", userId: "u-1", payload, ...more });

const letter = (page: Page) => page.getByRole("region", { name: /^Dead letter/ });
const grid = (page: Page, name: string) => page.getByRole("grid", { name });
const dialog = (page: Page) => page.getByRole("dialog");

/** Sends events that will be dead letters, and waits until they are. */
async function sendBad(...events: { eventId: string }[]): Promise<void> {
  await send(events);
  const dead = async ({ eventId }: { eventId: string }) => (await read<{ status: string }>(`/v1/events/${eventId}`)).status === "dead";
  await expect.poll(async () => (await Promise.all(events.map(dead))).every(Boolean), { timeout: patience(15_000) }).toBe(true);
}

describe.skipIf(!findChromium() && !process.env["CI"])("dead letters and replays, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    const made = await fetch(`${stack.apiUrl}/v1/admin/users`, {
      method: "POST",
      headers: asAdmin(),
      body: JSON.stringify({ ...viewer, role: "viewer" }),
    });
    expect(made.status).toBe(201);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it("says quietly that there is none", async () => {
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}`);
      await page.getByText("No dead letters").waitFor();
      await goTo(page, "/replays");
      await page.getByText("Nothing was replayed yet").waitFor();
      expect(errors).toEqual([]);
    });
  });

  it("shows a bad event under its cause, marked where it is wrong; it is fixed in the page, replayed, and leaves", async () => {
    await sendBad(sale("bad-1", { amount: "9", currency: "EUR" }, { note: DIGITS }));
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}`);
      await grid(page, "Causes").getByText("/amount must be number").click();
      await grid(page, "Dead letters").getByText("bad-1").click();
      await letter(page).getByText("must be number", { exact: true }).waitFor();
      await letter(page).getByText("What can be done").waitFor();
      expect(await seriousViolations(page), "a letter").toEqual([]);

      await letter(page).getByRole("button", { name: "Fix and replay" }).click();
      const text = dialog(page).getByRole("textbox", { name: "Event" });
      const sent = await text.inputValue();
      const check = dialog(page).getByRole("button", { name: "Check what would come of it" });
      expect(await check.getAttribute("data-disabled")).toBe("");
      for (const [wrong, words] of [
        [sent.replace("bad-1", "bad-2"), "eventId cannot be changed"],
        [sent.replace("u-1", "u-2"), "userId cannot be changed"],
        [sent.slice(1), "This is not JSON yet"],
      ] as const) {
        await text.fill(wrong);
        await dialog(page).getByText(words).waitFor();
        expect(await check.getAttribute("data-disabled"), words).toBe("");
      }
      await text.fill(sent.replace('"9"', "9"));
      await dialog(page).getByLabel("What changes in the event").getByText('"amount": 9,').waitFor();
      expect(await seriousViolations(page), "the editor").toEqual([]);
      await check.click();
      await dialog(page).getByText("nothing was changed").waitFor();
      expect(await dialog(page).getByTestId("outcome-stored").textContent()).toBe("1");
      expect(await seriousViolations(page), "the dry run").toEqual([]);
      expect((await read<{ status: string }>("/v1/events/bad-1")).status).toBe("dead");

      await dialog(page).getByRole("button", { name: "Replay 1 letter" }).click();
      const replay = page.getByRole("region", { name: /^Replay / });
      await replay.getByText("Completed").waitFor();
      expect(await replay.getByTestId("outcome-stored").textContent()).toBe("1");
      await replay.getByText(stack.adminEmail).waitFor();
      expect(await grid(page, "Replays").getByText("Fix and replay").count()).toBe(1);
      expect(await seriousViolations(page), "a replay").toEqual([]);
      expect(await read("/v1/events/bad-1")).toMatchObject({ status: "stored", payload: { amount: 9, currency: "EUR" } });
      // What was not touched is as it was sent.
      expect(await (await fetch(`${stack.apiUrl}/v1/events/bad-1`, { headers: asAdmin() })).text()).toContain(DIGITS);

      await replay.getByRole("link", { name: "1 chosen letter" }).click();
      await letter(page).getByText("Its event is stored.").waitFor();
      expect(await letter(page).getByRole("button", { name: "Retry" }).count()).toBe(0);
      await page.getByRole("button", { name: "Close panel" }).click();
      await page.getByText("No dead letters").waitFor();
      expect(errors).toEqual([]);
    });
  });

  it("fixes all that match with one patch, of which the dry run says what it cannot fix", async () => {
    const wrong = Array.from({ length: 130 }, (_, i) =>
      sale(`many-${i}`, i < 129 ? { amount: String(i), currency: "EUR" } : { amount: "1" }),
    );
    await sendBad(...wrong);
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}&type=SALE`);
      await page.getByRole("button", { name: "Refresh" }).click();
      await expect.poll(() => page.getByText("Select all 130 that match").isVisible(), { timeout: patience(10_000) }).toBe(true);
      await page.getByText("Select all 130 that match").click();
      await page.getByText("130 letters selected").waitFor();
      await page.getByRole("button", { name: "Fix and replay" }).click();
      await dialog(page).getByRole("button", { name: "Write a patch" }).click();
      const text = dialog(page).getByRole("textbox");
      await text.fill('[{"op":"replace","path":"/eventId","value":"x"}]');
      await dialog(page).getByText("eventId cannot be changed").waitFor();
      await text.fill('[{"op":"replace","path":"/payload/amount","value":7}]');
      await dialog(page).getByRole("button", { name: "Check what would come of it" }).click();
      await dialog(page).getByText("nothing was changed").waitFor();
      expect(await dialog(page).getByTestId("outcome-stored").textContent()).toBe("129");
      expect(await dialog(page).getByTestId("outcome-failed").textContent()).toBe("1");
      await dialog(page).getByText("/currency is required").first().waitFor();
      expect(
        await dialog(page)
          .getByRole("region", { name: /^What changes in/ })
          .count(),
      ).toBe(20);
      await dialog(page).getByRole("button", { name: "Replay 130 letters" }).click();
      const replay = page.getByRole("region", { name: /^Replay / });
      await replay.getByText("Completed").waitFor();
      expect(await replay.getByTestId("replay-progress").textContent()).toBe("130 of 130");
      expect(await replay.getByTestId("outcome-stored").textContent()).toBe("129");
      await replay.getByRole("link", { name: "many-129" }).click();
      await letter(page).getByText("failed again: SCHEMA_INVALID").waitFor();
      expect(errors).toEqual([]);
    });
  });

  it("discards with a reason, which is kept; a reason that says nothing is refused", async () => {
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}&view=list`);
      await page
        .getByRole("checkbox", { name: /^Select / })
        .nth(1)
        .check();
      await page.getByText("1 letter selected").waitFor();
      await page.getByRole("button", { name: "Discard" }).click();
      await dialog(page).getByLabel("Reason").fill("no");
      await dialog(page).getByRole("button", { name: "Discard 1 letter" }).click();
      await dialog(page).getByText("Say why, in a few words").waitFor();
      await dialog(page).getByLabel("Reason").fill("A test of the till");
      expect(await seriousViolations(page), "the question").toEqual([]);
      await dialog(page).getByRole("button", { name: "Discard 1 letter" }).click();
      await page.getByText("1 letter discarded.").waitFor();
      await page.getByText("No dead letters").waitFor();
      await page.getByLabel("State").selectOption("discarded");
      await grid(page, "Dead letters").getByText("many-129").click();
      await letter(page).getByText("Discarded: A test of the till", { exact: true }).waitFor();
      expect(errors).toEqual([]);
    });
  });

  it("offers for a taken identity what can help: to discard it, or to send it as a new event", async () => {
    const first = { ...sale("twice-1", { amount: 1, currency: "EUR" }), occurredAt: new Date().toISOString() };
    await send([first]);
    await expect
      .poll(async () => (await read<{ status: string }>("/v1/events/twice-1")).status, { timeout: patience(15_000) })
      .toBe("stored");
    // The dedupe record would refuse it at the door; without it the store finds out.
    const redis = new Redis(stack.redis.adminUrl);
    for (const key of await redisNames(redis, "*dedupe:?")) await redis.del(key);
    await redis.quit();
    await send([{ ...first, payload: { amount: 2, currency: "EUR" } }]);
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}&reason=IDENTITY_CONFLICT`);
      await expect
        .poll(
          async () => {
            await page.getByRole("button", { name: "Refresh" }).click();
            return grid(page, "Dead letters").getByText("twice-1").isVisible();
          },
          { timeout: patience(15_000) },
        )
        .toBe(true);
      await grid(page, "Dead letters").getByText("twice-1").click();
      await letter(page).getByRole("region", { name: "As a new event" }).getByText('"eventId":"twice-1-again"').waitFor();
      const actions = await letter(page)
        .getByRole("button", { name: /^(Retry|Fix and replay|Discard|Copy as a new event)$/ })
        .allTextContents();
      expect(actions).toEqual(["Copy as a new event", "Discard", "Retry"]);
      expect(await seriousViolations(page), "a conflict").toEqual([]);
      expect(errors).toEqual([]);
    });
  });

  it("selects all that match of one tenant while all tenants are shown, and continues with those of one", async () => {
    const { key } = (await (
      await fetch(`${stack.apiUrl}/v1/admin/keys`, {
        method: "POST",
        headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
        body: JSON.stringify({ tenantId: "other", name: "shop" }),
      })
    ).json()) as { key: string };
    const admin = { "x-admin-token": stack.adminToken, "x-tenant-id": "other", "content-type": "application/json" };
    const type = { type: "ONLY", schema: { properties: { amount: { type: "number" } } } };
    await fetch(`${stack.apiUrl}/v1/admin/event-types`, { method: "POST", headers: admin, body: JSON.stringify(type) });
    // In force everywhere within a second; before that what is of no registered type is stored.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const bad = (eventId: string) => ({ eventId, eventType: "STRAY", userId: "u-1", payload: {} });
    await sendBad(bad("stray-demo-1"), bad("stray-demo-2"));
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const strays = ["stray-other-1", "stray-other-2", "stray-other-3"];
    await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body: JSON.stringify(strays.map(bad)) });
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, "/dead-letters?type=STRAY");
      const list = grid(page, "Dead letters");
      await expect
        .poll(
          async () => {
            await page.getByRole("button", { name: "Refresh" }).click();
            return list.getByRole("row").count();
          },
          { timeout: patience(15_000), interval: 500 },
        )
        .toBe(6);
      await page.getByRole("button", { name: "Select all of one tenant …" }).click();
      await page.getByRole("menuitem", { name: "other" }).click();
      await page.getByText("3 letters selected, of other").waitFor();
      expect(await list.getByRole("row", { selected: true }).count()).toBe(3);
      await page.getByRole("button", { name: "Discard" }).waitFor();
      await list.getByRole("checkbox", { name: "Select all that are loaded" }).check();
      await page.getByText("5 letters selected").waitFor();
      expect(await page.getByRole("button", { name: "Discard" }).count()).toBe(0);
      await page.getByRole("button", { name: `${TENANT} (2)` }).click();
      await page.getByText("2 letters selected").waitFor();
      await page.getByRole("button", { name: "Discard" }).click();
      await dialog(page).getByLabel("Reason").waitFor();
      expect(await seriousViolations(page), "the question").toEqual([]);
      expect(errors).toEqual([]);
    });
  });

  it("leaves out columns where there is no room, not where a panel is open, and says their figures elsewhere", async () => {
    const headings = (page: Page, name: string) => grid(page, name).getByRole("columnheader").allTextContents();
    await withPage(
      browser,
      async ({ page }) => {
        await signIn(page, stack, `/dead-letters?tenant=${TENANT}&view=list`);
        await grid(page, "Dead letters").getByText("stray-demo-1").click();
        await letter(page).waitFor();
        expect(await headings(page, "Dead letters")).toEqual(expect.arrayContaining(["Died", "Source"]));
        await page.setViewportSize({ width: 375, height: 812 });
        await page.getByRole("button", { name: "Close panel" }).click();
        await expect.poll(() => headings(page, "Dead letters")).not.toContain("Died");
        await grid(page, "Dead letters")
          .getByText(/^(just now|\d+ (s|min) ago) · STRAY$/)
          .first()
          .waitFor();
        await goTo(page, `/dead-letters?tenant=${TENANT}`);
        expect(await headings(page, "Causes")).toEqual(["Cause", "Letters"]);
        await grid(page, "Causes")
          .getByText(/^(just now|\d+ (s|min) ago) · ./)
          .first()
          .waitFor();
        await grid(page, "Causes")
          .getByRole("img", { name: /in the last 24 hours/ })
          .first()
          .waitFor();
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      },
      { viewport: { width: 2560, height: 1000 } },
    );
  });

  it("says of what time a list is that could not be read again", async () => {
    await withPage(browser, async ({ page }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}`);
      await grid(page, "Causes").getByRole("row").nth(1).waitFor();
      await page.route("**/v1/admin/dlq/reasons*", (route) => route.abort());
      await page.getByText(/^Could not be refreshed; what you see is of \d\d:\d\d:\d\d\./).waitFor({ timeout: patience(20_000) });
      expect(await grid(page, "Causes").getByRole("row").count()).toBeGreaterThan(1);
      await page.unroute("**/v1/admin/dlq/reasons*");
      await page.getByRole("button", { name: "Try again" }).click();
      await expect.poll(() => page.getByText("Could not be refreshed").count()).toBe(0);
    });
  });

  it("pauses, resumes and cancels a replay", async () => {
    await sendBad(...Array.from({ length: 40 }, (_, i) => ({ ...sale(`slow-${i}`, { amount: 1, currency: "EUR" }), eventType: "SALES" })));
    const begun = await fetch(`${stack.apiUrl}/v1/admin/dlq/retry`, {
      method: "POST",
      headers: asAdmin(),
      body: JSON.stringify({ type: "SALES", ratePerSecond: 2 }),
    });
    const { replayId } = (await begun.json()) as { replayId: string };
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/replays/${replayId}?tenant=${TENANT}`);
      const replay = page.getByRole("region", { name: /^Replay / });
      const state = (words: string) => replay.getByTestId("job-state").getByText(words).waitFor();
      await state("Running");
      await replay.getByTestId("outcome-failed").waitFor();
      await replay.getByRole("button", { name: "Pause" }).click();
      await state("Paused");
      await replay.getByRole("button", { name: "Resume" }).click();
      await state("Running");
      await replay.getByRole("button", { name: "Cancel" }).click();
      await dialog(page).getByRole("button", { name: "Cancel replay" }).click();
      await state("Cancelled");
      expect(await replay.getByRole("button", { name: /Pause|Resume|Cancel/ }).count()).toBe(0);
      expect(errors).toEqual([]);
    });
  });

  it("keeps its filters in the URL, and says what a short search needs", async () => {
    await withPage(browser, async ({ page, errors }) => {
      await signIn(page, stack, `/dead-letters?tenant=${TENANT}`);
      const search = page.getByLabel("Search in the events");
      await search.fill("sl");
      await page.getByText("A search needs three characters").waitFor();
      await search.fill("slow-39");
      await expect.poll(() => grid(page, "Dead letters").getByRole("row").count()).toBe(2);
      expect(new URL(page.url()).searchParams.get("q")).toBe("slow-39");
      await page.reload();
      await grid(page, "Dead letters").getByText("slow-39").waitFor();
      expect(await search.inputValue()).toBe("slow-39");
      expect(errors).toEqual([]);
    });
  });

  it("shows a viewer everything and no button that would be refused; on a phone, too", async () => {
    await withPage(
      browser,
      async ({ page, errors }) => {
        const refused: string[] = [];
        page.on("response", (answer) => answer.status() === 403 && refused.push(answer.url()));
        await signIn(page, stack, `/dead-letters?tenant=${TENANT}&view=list`, viewer);
        await grid(page, "Dead letters").getByRole("row").nth(1).waitFor();
        expect(await page.getByRole("checkbox").count()).toBe(0);
        expect(await page.getByText(/Select all/).count()).toBe(0);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await grid(page, "Dead letters").getByRole("row").nth(1).click();
        await page.getByText("What can be done").waitFor();
        expect(await seriousViolations(page), "a letter on a phone").toEqual([]);
        expect(await page.getByRole("button", { name: /^(Retry|Fix and replay|Discard)$/ }).count()).toBe(0);
        await page.getByRole("button", { name: "Close panel" }).click();
        await goTo(page, `/replays?tenant=${TENANT}`);
        await settled(page);
        await grid(page, "Replays").getByRole("row").nth(1).click();
        await page.getByText("What came of it").waitFor();
        expect(await page.getByRole("button", { name: /^(Pause|Resume|Cancel)$/ }).count()).toBe(0);
        expect(await seriousViolations(page), "a replay on a phone").toEqual([]);
        expect(refused).toEqual([]);
        expect(errors).toEqual([]);
      },
      { viewport: { width: 375, height: 812 } },
    );
  });
});
