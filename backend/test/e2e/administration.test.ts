import { Redis } from "ioredis";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { findChromium, launchChromium } from "./chromium.js";
import { goTo, overflow, type Person, seriousViolations, settled, signIn, signInHere, type Visit, withPage } from "./dashboard.js";

let stack: Stack;
let browser: Browser;
let acmeKey: string;

const TENANT = "acme";
const PASSWORD = "a horse that is staple";

/** Asks the API as the administrator's program does. @returns the body of a 2xx answer */
async function asAdmin<Body>(method: string, path: string, body?: object): Promise<Body> {
  const headers = { "x-admin-token": stack.adminToken, ...(body ? { "content-type": "application/json" } : {}) };
  const answer = await fetch(stack.apiUrl + path, { method, headers, body: body && JSON.stringify(body) });
  expect([method, path, answer.status]).toEqual([method, path, answer.ok ? answer.status : "2xx"]);
  return (await answer.json()) as Body;
}

const order = (eventId: string, amount: unknown, eventType = "ORDER") => ({ eventId, eventType, userId: "u-1", payload: { amount } });

/** Sends events of the tenant. */
async function send(events: object[]): Promise<void> {
  const headers = { authorization: `Bearer ${acmeKey}`, "content-type": "application/json" };
  const answer = await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body: JSON.stringify(events) });
  expect(answer.status).toBe(202);
}

/** Sends events and waits until they are stored. */
async function store(events: { eventId: string }[]): Promise<void> {
  await send(events);
  const admin = { "x-admin-token": stack.adminToken };
  const stored = async (eventId: string) => {
    const event = await fetch(`${stack.apiUrl}/v1/events/${eventId}?tenantId=${TENANT}`, { headers: admin });
    expect(await event.json()).toMatchObject({ status: "stored" });
  };
  for (const { eventId } of events) await vi.waitFor(() => stored(eventId), { timeout: patience(15_000) });
}

async function person(name: string, role: string): Promise<Person> {
  const made = { email: `${name}@example.org`, password: PASSWORD };
  await asAdmin("POST", "/v1/admin/users", { ...made, role });
  return made;
}

/** Nothing serious for axe, nothing that sticks out, nothing in the console. */
async function inOrder({ page, errors }: Visit, what: string): Promise<void> {
  expect(await seriousViolations(page), what).toEqual([]);
  expect(await overflow(page), `${what} sticks out`).toBeLessThanOrEqual(0);
  expect(errors, what).toEqual([]);
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const toast = (page: Page, text: string | RegExp) => page.getByRole("status").getByText(text).waitFor();

describe.skipIf(!findChromium() && !process.env["CI"])("administration, in a real browser against the real stack", () => {
  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    const { key } = await asAdmin<{ key: string }>("POST", "/v1/admin/keys", { tenantId: TENANT, name: "shop" });
    acmeKey = key;
    await store([order("o-1", 1), order("o-2", 2.5), order("o-3", "three"), order("v-1", 0, "VISIT")]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it("registers a type only after it was tried, and says who would fail and what becomes unknown", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      await signIn(page, stack, `/event-types?tenant=${TENANT}`);
      await page.getByText("No event type is registered").waitFor();
      await button(page, "Register type").first().click();
      await page.getByRole("textbox", { name: "Event type" }).waitFor();
      await inOrder(visit, "an empty editor");
      await page.getByRole("textbox", { name: "Event type" }).fill("ORDER");
      const schema = page.getByLabel("JSON Schema of the payload");
      await schema.fill('{"properties": {"amount": {"type": "number"},}}');
      await page.getByText(/This is no JSON.*line 1/).waitFor();
      expect(await button(page, "Try it against stored events").getAttribute("aria-disabled")).toBe("true");
      await schema.fill('{"properties": {"amount": {"type": "nmber"}}}');
      await button(page, "Try it against stored events").click();
      await page.getByText("/properties/amount/type").first().waitFor();
      // The refusal is an answer like any other; browsers note every 400.
      expect(visit.errors.splice(0)).toEqual([expect.stringContaining("400")]);
      await schema.fill('{"properties": {"amount": {"type": "number"}}}');
      await button(page, "Format").click();
      expect(await schema.inputValue()).toContain('\n      "type": "number"');
      await button(page, "Try it against stored events").click();
      const result = page.getByTestId("check-result");
      await result.getByText("1 of 3 stored events").waitFor();
      const words = await result.textContent();
      for (const part of ["o-3", "/amount", "acme becomes strict", "VISIT"]) expect(words).toContain(part);
      await inOrder(visit, "the editor");
      await button(page, "Register version 1 all the same").click();
      await page.getByRole("region", { name: "Event type ORDER" }).getByText("Version 1 in force").waitFor();
      await page.getByText("acme is strict").waitFor();
      await inOrder(visit, "a type");
    }));

  it("tries a second version, shows what differs, and retires the type in words", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      await signIn(page, stack, `/event-types?tenant=${TENANT}&open=ORDER&of=${TENANT}`);
      await button(page, "New version …").click();
      const schema = page.getByLabel("JSON Schema of the payload");
      await schema.fill('{"properties": {"amount": {}}}');
      await button(page, "Try it against stored events").click();
      await page.getByText("All 3 stored events that were looked at fit").waitFor();
      // What was found does not hold for another text.
      await schema.fill('{"properties": {"amount": {"type": ["number", "string"]}}}');
      await button(page, "Try it against stored events").click();
      await button(page, "Register version 2").click();
      const panel = page.getByRole("region", { name: "Event type ORDER" });
      await panel.getByText("Version 2 in force").waitFor();
      await panel.getByRole("region", { name: "Version 1 and version 2" }).getByText('"string"').waitFor();
      await inOrder(visit, "two versions");
      await button(page, "Retire …").click();
      await page
        .getByRole("dialog")
        .getByText(/become dead letters \(UNKNOWN_TYPE\)/)
        .waitFor();
      await button(page, "Retire the type").click();
      await panel.getByText("All versions are retired").waitFor();
      await button(page, "Put version 1 in force …").click();
      await page.getByRole("dialog").getByRole("button", { name: "Put version 1 in force" }).click();
      await panel.getByText("Version 1 in force").waitFor();
      await inOrder(visit, "a type that was retired");
    }));

  it("shows a viewer no button that would be refused, and says no where they may not read", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      // It has sent nothing: the ledger of the last day does not know it.
      await asAdmin("POST", "/v1/admin/tenants", { tenantId: "quiet", name: "Quiet Ltd" });
      const refused: string[] = [];
      page.on("response", (answer) => answer.status() === 403 && refused.push(answer.url()));
      await signIn(page, stack, "/users", await person("viewer", "viewer"));
      await page.getByText("Your role does not allow this").waitFor();
      await goTo(page, "/audit");
      await page.getByText("Your role does not allow this").waitFor();
      const links = page.getByRole("navigation", { name: "Pages" }).getByRole("link");
      expect(await links.allTextContents()).not.toEqual(expect.arrayContaining([expect.stringMatching(/Users|Audit|Keys|Tenants/)]));
      await goTo(page, "/events");
      for (const name of [TENANT, "quiet"]) await page.locator("main").getByRole("button", { name, exact: true }).waitFor();
      await button(page, /^Tenant:/).click();
      await page.getByRole("menuitem", { name: /Quiet Ltd/ }).waitFor();
      await page.keyboard.press("Escape");
      await goTo(page, `/event-types?tenant=${TENANT}&open=ORDER&of=${TENANT}`);
      await page.getByRole("region", { name: "Versions" }).getByText("Version 2").first().waitFor();
      for (const name of ["Register type", "New version …", "Retire …", /^Put version/]) expect(await button(page, name).count()).toBe(0);
      await goTo(page, "/ledger");
      await page.getByRole("region", { name: "Independent count" }).getByText("Nobody has counted yet").waitFor();
      expect(await button(page, "Count now").count()).toBe(0);
      expect(refused).toEqual([]);
      await inOrder(visit, "a viewer");
    }));

  it("adds a person, whose password is shown once and changed by themselves; that ends their other sessions", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      await signIn(page, stack, "/users");
      await button(page, "Add person").click();
      await page.getByLabel("E-mail", { exact: true }).waitFor();
      await inOrder(visit, "adding a person");
      await page.getByLabel("E-mail", { exact: true }).fill("Ada@Example.org");
      await page.getByLabel(/^Operator/).check();
      await button(page, "Add person").last().click();
      const password = (await page.getByTestId("new-password").locator("pre").textContent()) as string;
      await page.getByLabel("I have put the password where it is safe").check();
      await button(page, "Done").click();
      expect(await page.content()).not.toContain(password);
      const ada = { email: "ada@example.org", password };
      await withPage(browser, (elsewhere) => withPage(browser, (here) => changesPassword(here, elsewhere.page, ada)));
      await page.getByRole("row", { name: /ada@example\.org/ }).click();
      const panel = page.getByRole("region", { name: "User ada@example.org" });
      await panel.getByTestId("session").first().waitFor();
      await changesRole(visit, panel);
      await button(page, "Disable …").click();
      await button(page, "Disable").click();
      await panel.getByRole("heading").first().locator("..").getByText("Disabled").waitFor();
      await inOrder(visit, "a person");
    }));

  it("keeps settings over a reload, and they act on every page", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      const dark = () => page.evaluate("document.documentElement.dataset.theme");
      await signIn(page, stack, "/settings", await person("chooser", "viewer"));
      await button(page, "Dark").click();
      await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
      await page.getByTestId("zone-now").getByText("GMT+9").waitFor();
      await page.getByLabel("Default tenant").selectOption(TENANT);
      await button(page, `Tenant: ${TENANT}`).waitFor();
      const kept = () => page.evaluate("fetch('/v1/me/settings').then((answer) => answer.json())");
      await expect.poll(kept).toMatchObject({ theme: "dark", timeZone: "Asia/Tokyo", defaultTenantId: TENANT });
      await inOrder(visit, "settings");
      // Another browser of the same person: nothing comes from what this one remembers.
      await page.evaluate("localStorage.clear()");
      await page.goto(`${stack.apiUrl}/settings`);
      await page.getByTestId("zone-now").getByText("GMT+9").waitFor();
      expect(await dark()).toBe("dark");
      await button(page, `Tenant: ${TENANT}`).waitFor();
      await goTo(page, `/events/o-1?tenant=${TENANT}`);
      await page
        .getByText(/GMT\+9/)
        .first()
        .waitFor();
      // The button in the header and the settings are one.
      await page.getByRole("button", { name: /^Now dark colours/ }).click();
      await expect.poll(kept).toMatchObject({ theme: "system" });
      expect(visit.errors).toEqual([]);
    }));

  it("finds in the audit log who did what, by filters in the URL, with what changed", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      await signIn(page, stack, "/audit?action=user.update");
      await page
        .getByRole("row", { name: /Changed a person/ })
        .first()
        .click();
      await page
        .getByRole("region", { name: "Before and after" })
        .getByText(/disabled/)
        .first()
        .waitFor();
      expect(page.url()).toContain("open=");
      await page.reload();
      await page.getByRole("region", { name: "Changed a person" }).getByText(stack.adminEmail).waitFor();
      await inOrder(visit, "an audit entry");
      await page.getByLabel("Action").selectOption("event-type.retire");
      await page.getByRole("row", { name: /Retired an event type/ }).waitFor();
      expect(await page.getByRole("row", { name: /Changed a person/ }).count()).toBe(0);
    }));

  it("counts independently on demand", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      await signIn(page, stack, "/ledger");
      await button(page, "Count now").click();
      await page.locator("[data-testid=last-check][data-state=agrees]").waitFor({ timeout: patience(30_000) });
      await button(page, "Details").click();
      await page.getByRole("dialog").getByText("Documents", { exact: true }).waitFor();
      await inOrder(visit, "a count");
    }));

  // The last one: it takes the sessions and the stream with it.
  it("shows an alarm when Redis was wiped, with its bound, until somebody acknowledges it", () =>
    withPage(browser, async (visit) => {
      const { page } = visit;
      // Accepted, and without a worker still in Redis alone: these three are what is lost.
      await stack.worker.kill("SIGKILL");
      await send([order("lost-1", 1), order("lost-2", 2), order("lost-3", 3)]);
      await new Promise((seen) => setTimeout(seen, 2500));
      const redis = new Redis(stack.redis.adminUrl);
      await redis.flushall();
      await redis.quit();
      await signIn(page, stack, "/");
      await page
        .getByRole("link", { name: "Open the ledger" })
        .first()
        .click({ timeout: patience(30_000) });
      const alarm = page.getByTestId("alarm");
      await alarm.getByText("Redis forgot everything: up to 3 events lost").waitFor({ timeout: patience(30_000) });
      await button(page, "How the bound is made").click();
      expect(await page.getByTestId("verdict").textContent()).not.toBe("Nothing is missing");
      await inOrder(visit, "an alarm");
      await button(page, "Acknowledge …").click();
      await button(page, "Acknowledge").click();
      await page.getByText("Anyone who reads this in a year needs it.").waitFor();
      await page.getByLabel("What was found out and done").fill("A test wiped it.");
      await button(page, "Acknowledge").click();
      await expect.poll(() => alarm.count()).toBe(0);
      await button(page, "Read it").click();
      await page.getByRole("dialog").getByText("A test wiped it.").waitFor();
      await inOrder(visit, "an acknowledged alarm");
    }));
});

/** Chooses another role for Ada, an operator, thinks better of it, and chooses again. */
async function changesRole(visit: Visit, panel: Locator): Promise<void> {
  const role = panel.getByLabel("Role");
  const question = visit.page.getByRole("dialog", { name: "Make ada@example.org an admin?" });
  await role.selectOption("admin");
  await question.getByText(/^Their \d sessions? ends? at once/).waitFor();
  await inOrder(visit, "the question before another role");
  await button(visit.page, "Cancel").click();
  expect(await role.inputValue()).toBe("operator");
  await panel.getByTestId("session").first().waitFor();
  await role.selectOption("admin");
  await button(visit.page, "Make an admin").click();
  await toast(visit.page, "ada@example.org is an admin now.");
  expect(await role.inputValue()).toBe("admin");
  await panel.getByText("Nowhere").waitFor();
}

/** Signs in twice as one person, ends one session from the other, signs in again, and changes the password here. */
async function changesPassword(here: Visit, elsewhere: Page, who: Person): Promise<void> {
  const { page } = here;
  await signIn(elsewhere, stack, "/events", who);
  await signIn(page, stack, "/settings", who);
  await button(page, /^End the session of/).click();
  await toast(page, "The session has ended.");
  await elsewhere.reload();
  await signInHere(elsewhere, who);
  await page.getByLabel("Current password").fill("not the password");
  await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("New password again").fill(PASSWORD);
  await button(page, "Change password").click();
  await page.getByText("is not your password").waitFor();
  expect(here.errors.splice(0)).toEqual([expect.stringContaining("400")]);
  await page.getByLabel("Current password").fill(who.password);
  await button(page, "Change password").click();
  await toast(page, /Your password is changed/);
  await inOrder(here, "own settings");
  await elsewhere.reload();
  await elsewhere.getByRole("heading", { name: /Sign in/ }).waitFor();
  await signInHere(elsewhere, { ...who, password: PASSWORD });
  await settled(elsewhere);
}
