import type { Binary } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DeadLetterDocument, EventDocument } from "../../src/store/documents.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace, patience } from "../support/yardstick.js";
import { hourOf, inAnotherHour, openReplays, type Replays, sleep } from "./replay-fixture.js";

let stack: Stack;
let replays: Replays;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "1000000" } });
});
afterAll(() => stack?.stop());
beforeEach(async () => {
  replays = await openReplays(stack);
  return () => replays.close();
});

const fix = { op: "replace", path: "/occurredAt", value: "2026-01-01T00:00:00Z" } as const;

describe("retry", () => {
  test("stores what died, resolves its letters, and both tell how it came about", async () => {
    await replays.die(120);
    const { status, headers, body } = await replays.post("/v1/admin/dlq/retry", {
      tenantId: replays.tenantId,
      reasonCode: "UNPROCESSABLE",
    });
    expect(status).toBe(202);
    expect(body.selected).toBe(120);
    expect(headers.get("location")).toBe(`/v1/admin/replay/${body.replayId}`);
    const done = await replays.ended(body.replayId);
    expect(done).toMatchObject({ status: "completed", selected: 120, processed: 120, outcomes: { stored: 120 }, message: null });
    expect(await replays.byStatus()).toEqual({ resolved: 120 });
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId })).toBe(120);
    const letter = await replays.letters.findOne({ tenantId: replays.tenantId, eventId: "e-7" });
    expect(letter?.replay).toMatchObject({ id: body.replayId, outcome: "stored" });
    expect(letter?.history.at(-1)).toMatchObject({ who: "X-Admin-Token", what: `replay ${body.replayId}: stored` });
    const event = await replays.events.findOne({ tenantId: replays.tenantId, eventId: "e-7" });
    expect(event).toMatchObject({ _id: letter?.eventDocId, source: "till", receipt: letter?.receipt, hash: letter?.hash, attempts: 2 });
    expect(event?.patched).toBeUndefined();
  });

  test("what fails again is open again with its new reason, counted and reported", async () => {
    await replays.die(30, { broken: true });
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true });
    const done = await replays.ended(body.replayId);
    expect(done).toMatchObject({ status: "completed", processed: 30, outcomes: { failed: 30 }, report: { codes: { UNPROCESSABLE: 30 } } });
    expect(done.report.failures).toHaveLength(20);
    const letter = await replays.letters.findOne({ tenantId: replays.tenantId, eventId: "e-3" });
    expect(letter).toMatchObject({ status: "open", attempts: 2, deaths: 2, reasonCode: "UNPROCESSABLE", replay: { outcome: "failed" } });
    expect(letter?.message).toContain("occurredAt must be an RFC 3339 time");
    expect(letter?.fingerprint).not.toBe("0123456789abcdef");
    expect(letter?.lastFailedAt.getTime()).toBeGreaterThan(letter?.failedAt.getTime() ?? 0);
    expect(await replays.attempts.findOne({ eventDocId: letter?.eventDocId as Binary })).toMatchObject({ attempt: 2, status: "dead" });
    expect(await replays.attempts.countDocuments({ tenantId: replays.tenantId, duration_ms: { $gt: 0 } })).toBe(30);
    const again = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true });
    expect((await replays.ended(again.body.replayId)).outcomes).toEqual({ failed: 30 });
    expect((await replays.letters.findOne({ _id: letter?._id }))?.attempts).toBe(3);
  });

  test("a patch fixes an event; it keeps identity, id and hash, and says by whom it was patched", async () => {
    const [one] = await replays.die(1, { broken: true, more: { payload: { amount: "12", exact: 1 } } });
    const raw = one?.raw.replace('"exact":1', '"exact":12345678901234567890');
    await replays.letters.updateOne({ _id: one?._id }, { $set: { raw: raw ?? "" } });
    const id = one?._id.toString("hex") as string;
    const patch = [fix, { op: "replace", path: "/payload/amount", value: 12 }];
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, ids: [id], patch });
    expect((await replays.ended(body.replayId)).outcomes).toEqual({ stored: 1 });
    const event = await replays.events.findOne({ tenantId: replays.tenantId, eventId: "e-0" });
    expect(event).toMatchObject({
      _id: one?.eventDocId,
      hash: one?.hash,
      patched: { replayId: body.replayId, by: "X-Admin-Token", from: id },
    });
    expect(event?.occurredAt.toISOString()).toBe("2026-01-01T00:00:00.000Z");
    expect(event?.text).toContain('"amount":12,"exact":12345678901234567890');
  });

  test("a patch that does not apply is an outcome, and leaves the letter as it was", async () => {
    const [one] = await replays.die(1, { broken: true });
    const patch = [{ op: "test", path: "/payload/amount", value: "13" }, fix];
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true, patch });
    const done = await replays.ended(body.replayId);
    expect(done).toMatchObject({ outcomes: { failed: 1 }, report: { codes: { PATCH_FAILED: 1 } } });
    expect(done.report.failures?.[0]?.message).toContain("operation 0 (test /payload/amount): the test fails");
    const { status, attempts, deaths, message, lastFailedAt, reasonCode } = one as NonNullable<typeof one>;
    expect(await replays.letters.findOne({ _id: one?._id })).toMatchObject({ status, attempts, deaths, message, lastFailedAt, reasonCode });
  });

  test("by ids: what is superseded or resolved says so, and nothing is overwritten", async () => {
    const [superseded] = await replays.die(1, { prefix: "s", letter: { status: "superseded" } });
    const [resolved] = await replays.die(1, { prefix: "r", letter: { status: "resolved" } });
    const [discarded] = await replays.die(1, { prefix: "d", letter: { status: "discarded" } });
    const ids = [superseded, resolved, discarded].map((letter) => letter?._id.toString("hex"));
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, ids });
    expect((await replays.ended(body.replayId)).outcomes).toEqual({ superseded: 1, "already-stored": 1, stored: 1 });
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId })).toBe(1);
    expect(await replays.byStatus()).toEqual({ superseded: 1, resolved: 2 });
  });

  test("another body is stored: superseded when it is newer, a conflict when it is older", async () => {
    const newer = new Date();
    const [a] = await replays.die(1, { prefix: "x", more: { payload: 1 } });
    await replays.die(1, { prefix: "x", more: { payload: 2 }, letter: { receivedAt: newer, lastFailedAt: newer } });
    const first = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, ids: [a?._id.toString("hex")] });
    await replays.ended(first.body.replayId);
    const second = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true });
    const done = await replays.ended(second.body.replayId);
    expect(done.outcomes).toEqual({ failed: 1 });
    expect(done.report.codes).toEqual({ IDENTITY_CONFLICT: 1 });
    expect((await replays.events.findOne({ tenantId: replays.tenantId }))?.payload).toBe(1);

    const [old] = await replays.die(1, { prefix: "y", more: { payload: 1 } });
    const [young] = await replays.die(1, { prefix: "y", more: { payload: 2 }, letter: { receivedAt: newer, lastFailedAt: newer } });
    const third = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, ids: [young?._id.toString("hex")] });
    expect((await replays.ended(third.body.replayId)).outcomes).toEqual({ stored: 1 });
    expect((await replays.letters.findOne({ _id: old?._id }))?.status).toBe("superseded");
  });

  test("another body is stored in another hour: superseded by one that was received since; an older one is another event", async () => {
    const [corrected] = await replays.die(1, { prefix: "corrected" });
    const [reused] = await replays.die(1, { prefix: "reused" });
    const [storedSince, storedBefore] = [corrected, reused].map((letter) => inAnotherHour(letter as DeadLetterDocument));
    const late = { ...storedSince, receivedAt: new Date() } as EventDocument;
    const early = { ...storedBefore, receivedAt: new Date(0) } as EventDocument;
    await replays.hours.insertOne(hourOf(late));
    await replays.events.insertMany([late, early]);

    const dry = await replays.post("/v1/admin/replay", { tenantId: replays.tenantId, status: "DLQ", mode: "dry-run", all: true });
    expect((await replays.ended(dry.body.replayId)).outcomes).toEqual({ superseded: 1, stored: 1 });
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true });
    expect((await replays.ended(body.replayId)).outcomes).toEqual({ superseded: 1, stored: 1 });
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId })).toBe(3);
    expect((await replays.letters.findOne({ _id: corrected?._id }))?.status).toBe("superseded");
    expect((await replays.letters.findOne({ _id: reused?._id }))?.status).toBe("resolved");
  });
});

describe("a dry run", () => {
  test("changes nothing, and says what would become of each", async () => {
    await replays.die(150, { broken: true });
    await replays.die(5, { prefix: "good" });
    const before = await replays.everything();
    const patch = [{ op: "test", path: "/payload/n", value: 3 }, fix];
    const { body } = await replays.post("/v1/admin/replay", {
      tenantId: replays.tenantId,
      status: "DLQ",
      mode: "dry-run",
      all: true,
      patch,
    });
    const done = await replays.ended(body.replayId);
    expect(done).toMatchObject({
      status: "completed",
      processed: 155,
      outcomes: { stored: 2, failed: 153 },
      report: { codes: { PATCH_FAILED: 153 } },
    });
    expect(done.report.diffs).toHaveLength(20);
    const diff = done.report.diffs?.find(({ eventId }) => eventId === "e-3");
    expect(diff).toMatchObject({ would: "stored" });
    expect(diff?.after).toBe(diff?.before.replace('"yesterday"', '"2026-01-01T00:00:00Z"'));
    expect(done.report.diffs?.find(({ eventId }) => eventId === "e-4")).toMatchObject({ would: "failed", code: "PATCH_FAILED" });
    expect(await replays.everything()).toBe(before);
  });
});

describe("controls", () => {
  test("the rate and the limit are kept", async () => {
    await replays.die(300);
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true, limit: 130, ratePerSecond: 50 });
    expect(body.selected).toBe(130);
    const done = await replays.ended(body.replayId);
    const tookS = (Date.parse(done.finishedAt as string) - Date.parse(done.startedAt as string)) / 1_000;
    expect(tookS).toBeGreaterThan(2.4);
    expect(tookS).toBeLessThan(patience(10));
    expect(done.processed).toBe(130);
    expect(await replays.byStatus()).toEqual({ resolved: 130, open: 170 });
  });

  test("it stops by itself when most fail again, and continues when it is resumed", async () => {
    await replays.die(150, { broken: true });
    await replays.die(200, { prefix: "good", letter: { lastFailedAt: new Date(Date.now() - 1_000) } });
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true });
    const stopped = await replays.ended(body.replayId);
    expect(stopped).toMatchObject({ status: "stopped", processed: 100, outcomes: { failed: 100 } });
    expect(stopped.message).toContain("More than half of the last 100 failed again");
    expect((await replays.post(`/v1/admin/replay/${body.replayId}/resume`)).status).toBe(200);
    const done = await replays.ended(body.replayId, "completed");
    expect(done).toMatchObject({ processed: 350, outcomes: { failed: 150, stored: 200 } });
  });

  test("pause, resume and cancel take effect within a second", async () => {
    await replays.die(1_000);
    const { body } = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true, ratePerSecond: 100 });
    await replays.ended(body.replayId, "running");
    const processed = async () => (await replays.get(body.replayId)).processed;
    await expect.poll(processed, { timeout: patience(10_000) }).toBeGreaterThan(0);
    const command = (name: string) => replays.post<{ status: string; code?: string }>(`/v1/admin/replay/${body.replayId}/${name}`);
    expect((await command("pause")).body.status).toBe("paused");
    await sleep(atThisPace(1_000));
    const paused = await replays.get(body.replayId);
    await sleep(700);
    expect((await replays.get(body.replayId)).processed).toBe(paused.processed);
    expect((await replays.byStatus())["replaying"]).toBeUndefined();
    expect((await command("resume")).body.status).toBe("pending");
    await expect.poll(processed, { timeout: patience(10_000) }).toBeGreaterThan(paused.processed);
    expect((await command("cancel")).body.status).toBe("cancelled");
    await sleep(atThisPace(1_000));
    const decided = await processed();
    expect(decided).toBeLessThan(1_000);
    expect(await replays.byStatus()).toEqual({ resolved: decided, open: 1_000 - decided });
    expect((await command("resume")).status).toBe(409);
  });

  test("a small retry does not wait for a large one", async () => {
    await replays.die(400);
    const large = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, all: true, ratePerSecond: 40 });
    await replays.ended(large.body.replayId, "running");
    const [one] = await replays.die(1, { prefix: "small" });
    const small = await replays.post("/v1/admin/dlq/retry", { tenantId: replays.tenantId, ids: [one?._id.toString("hex")] });
    expect((await replays.ended(small.body.replayId, "completed", 5_000)).outcomes).toEqual({ stored: 1 });
    expect((await replays.ended(large.body.replayId, "completed")).outcomes).toEqual({ stored: 400 });
  });
});
