import { Validator } from "@seriousme/openapi-schema-validator";
import { type DeadLetter, problems } from "@streamforge/shared";
import { Binary } from "mongodb";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLetterQueries, type LetterQueries } from "../../src/dead-letters/queries.js";
import { readBuild } from "../../src/http/build.js";
import { createFairReads } from "../../src/http/fair-reads.js";
import { deadLetterRoutes } from "../../src/http/routes/dead-letters.js";
import { describeRoutes, docsRoutes } from "../../src/http/routes/docs.js";
import { healthRoutes } from "../../src/http/routes/health.js";
import { ledgerRoutes } from "../../src/http/routes/ledger.js";
import { problemRoutes } from "../../src/http/routes/problems.js";
import { readingRoutes } from "../../src/http/routes/reading.js";
import { statsRoutes } from "../../src/http/routes/stats.js";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { createEventQueries } from "../../src/store/event-queries.js";
import { createLookup } from "../../src/stream/lookup.js";
import { createRegistry } from "../../src/telemetry/metrics.js";
import { asAdmin, asKey, asPerson, type Reading, startReading, unlimited } from "./reading-fixture.js";

/** Anyone who writes past the queries tells them: on a slow machine a count is expensive, and kept. */
let letters: LetterQueries;
let reading: Reading;
const routes: { method: string; path: string }[] = [];
const BASE = Date.UTC(2026, 5, 1);

beforeAll(async () => {
  reading = await startReading();
  const { app, auth, store, redis, keys } = reading;
  letters = createLetterQueries(store);
  app.addHook("onRoute", ({ method, url, schema }) => {
    if ((schema as { hide?: boolean } | undefined)?.hide) return;
    for (const one of [method].flat())
      if (one !== "HEAD") routes.push({ method: one.toLowerCase(), path: url.replaceAll(/:(\w+)/g, "{$1}") });
  });
  await app.register(describeRoutes("0.1.0"));
  await app.register(docsRoutes());
  await app.register(deadLetterRoutes({ auth, letters, reads: createFairReads(new Registry()) }));
  await app.register(problemRoutes());
  await app.register(
    readingRoutes({
      reads: createFairReads(new Registry()),
      auth,
      limits: unlimited,
      letters,
      events: createEventQueries(store),
      views: reading.views,
      lookup: createLookup({ redis, keys }),
      partitions: 1,
    }),
  );
  // Only described here; they have tests of their own.
  const unused = undefined as never;
  await app.register(statsRoutes({ auth, sampler: unused, history: unused }));
  await app.register(ledgerRoutes({ auth, ledger: unused, letters }));
  await app.register(
    healthRoutes({
      checks: unused,
      refusal: unused,
      registry: createRegistry(),
      workersMetrics: async () => [],
      startedAtMs: 0,
      build: readBuild(undefined),
    }),
  );
  await reading.store.deadLetters.insertMany(Array.from({ length: 60 }, (_, i) => letter(i)));
});
afterAll(() => reading?.stop());

function letter(i: number): DeadLetterDocument {
  const id = Buffer.alloc(16, i + 1);
  const at = new Date(BASE + Math.floor(i / 4) * 60_000);
  return {
    _id: new Binary(Buffer.concat([id, Buffer.alloc(8, 7)])),
    eventDocId: new Binary(id, Binary.SUBTYPE_UUID),
    tenantId: i % 3 === 0 ? "globex" : "acme",
    eventId: `e-${i}`,
    eventType: i % 2 ? "SALE" : "REFUND",
    source: i % 3 === 1 ? "till" : "web",
    status: i % 10 === 0 ? "discarded" : "open",
    reasonCode: i % 5 === 0 ? "IDENTITY_CONFLICT" : "UNPROCESSABLE",
    message: `message ${i}`,
    fingerprint: i % 5 === 0 ? "f-conflict" : "f-poison",
    raw: `{"eventId":"e-${i}","big":12345678901234567890}`,
    receipt: new Binary(Buffer.alloc(8, 1)),
    hash: new Binary(Buffer.alloc(8, 7)),
    attempts: 2,
    deaths: 1,
    correlationId: `c-${i}`,
    receivedAt: at,
    failedAt: at,
    lastFailedAt: at,
    worker: "w-1",
    history: [{ at, who: "w-1", what: "dead letter" }],
  };
}

const acme = asKey("acme", "dead-letters:read");
type Page = { items: DeadLetter[]; nextCursor: string | null };

async function all(query: string, headers: Record<string, string> = acme): Promise<DeadLetter[]> {
  const items: DeadLetter[] = [];
  let cursor: string | null = "";
  for (let n = 0; cursor !== null && n < 50; n++) {
    const { body, status } = await reading.get(`/v1/admin/dlq?limit=7&${query}${cursor ? `&cursor=${cursor}` : ""}`, headers);
    expect(status, JSON.stringify(body)).toBe(200);
    items.push(...(body as Page).items);
    cursor = (body as Page).nextCursor;
  }
  return items;
}

describe("dead letters", () => {
  it("are listed page by page, those that died last first, each once", async () => {
    const items = await all("", asAdmin);
    expect(new Set(items.map(({ id }) => id)).size).toBe(60);
    const order = items.map(({ lastFailedAt, id }) => `${lastFailedAt}${id}`);
    expect(order).toEqual(order.toSorted().toReversed());
    expect(items[0]).not.toHaveProperty("raw");
  });

  it("belong to the tenant of the key, or the one an operator chooses", async () => {
    expect((await all("")).every(({ tenantId }) => tenantId === "acme")).toBe(true);
    expect((await all("")).length).toBe(40);
    expect((await all("tenantId=globex", asPerson("viewer"))).length).toBe(20);
    const foreign = await reading.get("/v1/admin/dlq?tenantId=globex", acme);
    expect([foreign.status, (foreign.body as { code: string }).code]).toEqual([403, "tenant-mismatch"]);
    expect((await reading.get("/v1/admin/dlq", asKey("acme", "events:read"))).status).toBe(403);
  });

  it("are filtered by each filter", async () => {
    expect((await all("reasonCode=IDENTITY_CONFLICT", asAdmin)).length).toBe(12);
    expect((await all("fingerprint=f-poison", asAdmin)).length).toBe(48);
    expect((await all("type=SALE", asAdmin)).length).toBe(30);
    expect((await all("status=discarded", asAdmin)).length).toBe(6);
    expect((await all("from=2026-06-01T00:05:00Z&to=2026-06-01T00:07:00Z", asAdmin)).length).toBe(8);
    expect((await all("status=open&type=SALE&reasonCode=IDENTITY_CONFLICT", asAdmin)).length).toBe(6);
    expect((await all("source=till", asAdmin)).length).toBe(20);
    expect((await all("reasonCode=IDENTITY_CONFLICT&reasonCode=UNPROCESSABLE&status=open", asAdmin)).length).toBe(54);
    expect((await all("type=SALE&source=till&fingerprint=f-poison&status=open&tenantId=acme", asAdmin)).length).toBe(
      Array.from({ length: 60 }, (_, i) => letter(i)).filter(
        (one) =>
          one.eventType === "SALE" &&
          one.source === "till" &&
          one.fingerprint === "f-poison" &&
          one.status === "open" &&
          one.tenantId === "acme",
      ).length,
    );
    for (const query of ["status=gone", "reasonCode=x", "reasonCode=", "cursor=AAAA", "limit=0", "q=ab", "state=open"])
      expect((await reading.get(`/v1/admin/dlq?${query}`)).status, query).toBe(400);
  });

  it("are found by any text in the body as it was sent, in upper or lower case, taken literally", async () => {
    expect((await all(`q=${encodeURIComponent('"E-17"')}`, asAdmin)).map(({ eventId }) => eventId)).toEqual(["e-17"]);
    expect((await all("q=123456789012345678", asAdmin)).length).toBe(60);
    expect((await all("q=123456789012345678&status=discarded&type=REFUND", asAdmin)).length).toBe(6);
    // No pattern: a dot is a dot.
    expect(await all("q=e.17", asAdmin)).toEqual([]);
    expect((await all(`q=${encodeURIComponent("(a+)+$[")}`, asAdmin)).length).toBe(0);
  });

  it("one shows the item as it was sent and every attempt", async () => {
    const one = letter(1);
    const row = (attempt: number) => ({
      _id: `x:${attempt}`,
      eventDocId: one.eventDocId,
      receipt: one.receipt,
      tenantId: "acme",
      eventId: one.eventId,
      attempt,
      status: attempt === 2 ? ("dead" as const) : ("retrying" as const),
      reason_code: "FAILED",
      error_message: `no ${attempt}`,
      duration_ms: 12,
      worker: "w-1",
      at: new Date(BASE + attempt),
    });
    await reading.store.attempts.insertMany([row(2), row(1)]);
    const id = one._id.toString("hex");
    const { body, status } = await reading.get(`/v1/admin/dlq/${id}`, acme);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      eventId: "e-1",
      raw: one.raw,
      history: [{ who: "w-1" }],
      attemptsMade: [
        { attempt: 1, errorMessage: "no 1" },
        { attempt: 2, status: "dead" },
      ],
    });
    for (const [other, headers] of [
      [id, asKey("globex", "dead-letters:read")],
      ["00".repeat(24), acme],
      ["nonsense", acme],
    ] as const) {
      expect(await reading.get(`/v1/admin/dlq/${other}`, headers)).toMatchObject({ status: 404, body: { code: "dead-letter-not-found" } });
    }
  });

  it("are grouped by cause, open ones only, with a sample that can be opened", async () => {
    const { body } = await reading.get("/v1/admin/dlq/reasons", asPerson("viewer"));
    const { items } = body as {
      items: { fingerprint: string; count: number; sampleId: string; message: string; firstSeen: string; lastSeen: string }[];
    };
    expect(items.map(({ fingerprint, count }) => [fingerprint, count])).toEqual([
      ["f-poison", 48],
      ["f-conflict", 6],
    ]);
    // The youngest of its kind.
    expect(await reading.get(`/v1/admin/dlq/${items[0]?.sampleId}`)).toMatchObject({
      body: { lastFailedAt: items[0]?.lastSeen, message: items[0]?.message },
    });
    const own = (await reading.get("/v1/admin/dlq/reasons?limit=1", acme)).body as { items: { count: number }[] };
    expect(own.items).toMatchObject([{ count: 32 }]);
    const discarded = (await reading.get("/v1/admin/dlq/reasons?status=discarded", asAdmin)).body as { items: { count: number }[] };
    expect(discarded.items).toMatchObject([{ fingerprint: "f-conflict", count: 6 }]);
  });

  it("say of when a group's counts are, and when its letters died in the last day", async () => {
    const recent = Array.from({ length: 5 }, (_, i) => {
      const at = new Date(Date.now() - (i === 0 ? 23.5 : 1) * 3_600_000);
      const one = letter(100 + i);
      return { ...one, tenantId: "recent", fingerprint: "f-recent", status: "open" as const, failedAt: at, lastFailedAt: at };
    });
    await reading.store.deadLetters.insertMany(recent);
    letters.changed();
    const { body } = await reading.get("/v1/admin/dlq/reasons?tenantId=recent", asAdmin);
    const { items, asOf } = body as { items: { trend: number[]; count: number }[]; asOf: string };
    expect(items).toMatchObject([{ count: 5, trend: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4] }]);
    expect(Math.abs(Date.parse(asOf) - Date.now())).toBeLessThan(5_000);
    await reading.store.deadLetters.deleteMany({ tenantId: "recent" });
    letters.changed();
  });

  it("are counted by state, and by reason when open", async () => {
    expect(await reading.get("/v1/admin/dlq/counts", asAdmin)).toMatchObject({
      status: 200,
      body: {
        total: 60,
        byStatus: { open: 54, replaying: 0, resolved: 0, discarded: 6, superseded: 0 },
        byReason: { UNPROCESSABLE: 48, IDENTITY_CONFLICT: 6, SCHEMA_INVALID: 0 },
      },
    });
    expect((await reading.get("/v1/admin/dlq/counts", acme)).body).toMatchObject({ total: 40 });
    expect((await reading.get("/v1/admin/dlq/counts?tenantId=globex", acme)).status).toBe(403);
  });
});

describe("the description of the API", () => {
  it("is valid OpenAPI 3.1", async () => {
    const { body, status } = await reading.get("/openapi.json", {});
    expect(status).toBe(200);
    expect((body as { openapi: string }).openapi).toMatch(/^3\.1\./);
    const verdict = await new Validator().validate(structuredClone(body) as Record<string, unknown>);
    expect(verdict).toMatchObject({ valid: true });
  });

  it("has every route, with problems as answers, and says which need no credential", async () => {
    const { paths, components } = (await reading.get("/openapi.json", {})).body as {
      paths: Record<
        string,
        Record<string, { tags: string[]; summary: string; operationId: string; security?: object[]; responses: Record<string, object> }>
      >;
      components: { schemas: Record<string, object> };
    };
    expect(routes.length).toBeGreaterThan(20);
    const ids = new Set<string>();
    for (const { method, path } of routes) {
      const operation = paths[path]?.[method];
      expect(operation, `${method} ${path}`).toMatchObject({
        tags: [expect.any(String)],
        summary: expect.any(String),
        responses: { default: {} },
      });
      ids.add(operation?.operationId as string);
    }
    expect(ids.size).toBe(routes.length);
    expect(paths["/health"]?.get?.security).toEqual([]);
    expect(paths["/v1/stats"]?.get?.security).toBeUndefined();
    expect(components.schemas.Problem).toBeDefined();
  });

  it("has a page without inline scripts", async () => {
    const page = await reading.get("/docs", {});
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/<script>(?!\s*<)|onload=/);
    const script = /src="([^"]*swagger-initializer\.js)"/.exec(page.text)?.[1] as string;
    expect((await reading.get(new URL(script, "http://x/docs").pathname, {})).status).toBe(200);
  });

  it("explains every problem, where its type points", async () => {
    for (const code of Object.keys(problems)) {
      expect(await reading.get(`/problems/${code}`, {})).toMatchObject({
        status: 200,
        body: { code, explanation: expect.stringMatching(/.{30}/) },
      });
    }
    const page = await reading.get("/problems/duplicate", { accept: "text/html,*/*" });
    expect(page.headers["content-type"]).toContain("text/html");
    expect((await reading.get("/problems", {})).status).toBe(200);
    for (const code of ["nonsense", "toString", "__proto__"]) expect((await reading.get(`/problems/${code}`, {})).status).toBe(404);
  });
});
