import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { admin, expectProblem, gzip, newSender, type Sending, settledSoon } from "./sending-fixture.js";

const XML = { "content-type": "application/xml" };

let stack: Stack;
let sender: Sending;
let mongo: MongoClient;
beforeAll(async () => {
  stack = await startStack();
  sender = await newSender(stack);
  mongo = await MongoClient.connect(stack.mongo.url);
});
afterAll(async () => {
  await mongo?.close();
  await stack?.stop();
});

/** The answer as text: numbers stand in it as they were sent. */
async function read(eventId: string, key = sender.key): Promise<string> {
  const response = await fetch(`${stack.apiUrl}/v1/events/${encodeURIComponent(eventId)}`, { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

const sale = (eventId: string, more = "") =>
  `<sale>\n  <eventId>${eventId}</eventId><eventType>SALE</eventType><userId>u-1</userId>\n  <payload><amount cur="EUR">12.50</amount>${more}</payload>\n</sale>`;

test("one event, as any root: answered like JSON, read as JSON, and as it was sent under raw", async () => {
  const text = sale("x-1", '<note>größe &amp; <![CDATA[<Ω>]]></note><tag>a</tag><tag>b</tag><gone xsi:nil="true"/><empty/>');
  const answer = await sender.post("/v1/events", `<?xml version="1.0" encoding="utf-8"?>\n<!-- hi -->\n${text}\n`, XML);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  expect(answer.body).toMatchObject({ eventId: "x-1", status: "accepted" });
  for (const type of ["text/xml; charset=utf-8", "application/vnd.till+xml", "Application/XML"])
    expectProblem(await sender.post("/v1/events", text, { "content-type": type }), 409, "duplicate");
  const metrics = await (await fetch(`${stack.apiUrl}/metrics`)).text();
  expect(metrics).toMatch(/streamforge_ingest_bodies_total\{format="xml"\} 4\n/);
  expect(metrics).toMatch(/streamforge_ingest_bodies_total\{format="cloudevent"\} 0\n/);
  await settledSoon(stack);
  expect(JSON.parse(await read("x-1"))).toMatchObject({
    status: "stored",
    eventType: "SALE",
    userId: "u-1",
    format: "xml",
    raw: text,
    payload: { amount: { "@cur": "EUR", "#text": "12.50" }, note: "größe & <Ω>", tag: ["a", "b"], gone: null, empty: "" },
  });
  const doc = await mongo.db("streamforge").collection("events").findOne({ tenantId: sender.tenantId, eventId: "x-1" });
  expect(doc?.hash.toString("hex")).toBe(createHash("sha256").update(text).digest("hex").slice(0, 16));
});

test("the same content in another spelling is a duplicate, another content a conflict", async () => {
  const text = sale("x-2");
  expect((await sender.post("/v1/events", text, XML)).status).toBe(202);
  const respelled = text
    .replaceAll("\n", "\n\n")
    .replace('cur="EUR"', "cur='E&#85;R'")
    .replace("<sale>", "<event>")
    .replace("</sale>", "</event><!-- -->");
  expectProblem(await sender.post("/v1/events", respelled, XML), 409, "duplicate");
  expectProblem(await sender.post("/v1/events", text.replace("12.50", "12.5"), XML), 422, "identity-conflict");
  expectProblem(await sender.post("/v1/events", Buffer.from(`\ufeff${text}`, "utf16le"), XML), 409, "duplicate");
  await settledSoon(stack);
  // By now the first one is read from the store.
  expectProblem(await sender.post("/v1/events", respelled, XML), 409, "duplicate");
  const json = { eventId: "x-2", eventType: "SALE", userId: "u-1", payload: { amount: { "#text": "12.50", "@cur": "EUR" } } };
  expectProblem(await sender.post("/v1/events", json), 409, "duplicate");
});

test("a list is answered item by item; a broken one harms no neighbour", async () => {
  const body = `<events>\n${sale("l-1")}\n<sale><eventId>l-2</eventId></sale>\n<sale><a></b></sale>\n<e>&bomb;</e><event/>${sale("l-1")}\n${sale("l-3")}</events>`;
  const answer = await sender.post("/v1/events?results=all", body, XML);
  expect(answer.status).toBe(207);
  expect(answer.body).toMatchObject({ accepted: 2, duplicates: 1, rejected: 4 });
  expect(answer.body.results.map(({ status, code }: { status: string; code?: string }) => code ?? status)).toEqual([
    "accepted",
    "invalid-event",
    "invalid-xml",
    "invalid-xml",
    "invalid-event",
    "duplicate",
    "accepted",
  ]);
  expect(answer.body.results[2].detail).toMatch(/^line 7, column \d+ \(byte \d+\): found <\/b>, where <\/a> should close/);
  expect(answer.body.results[3].detail).toMatch(/^line 8, .*the entity bomb/);
  expect((await sender.post("/v1/events", "<events/>", XML)).body).toMatchObject({ accepted: 0, rejected: 0 });
  const keyed = await sender.post(
    "/v1/events?results=all",
    "<events><e><eventType>A</eventType></e><e><eventType>A</eventType></e></events>",
    {
      ...XML,
      "idempotency-key": "k",
    },
  );
  expect(keyed.body.results.map(({ eventId }: { eventId: string }) => eventId)).toEqual(["key:k", "key+1:k"]);
});

test.each([
  ["<!DOCTYPE e [<!ENTITY a 'b'>]><e/>", 400, "invalid-xml", /^Line 1, column 1 \(byte 0\): found a DOCTYPE: none is taken\.$/],
  ["<?xml-stylesheet href='x'?><e/>", 400, "invalid-xml", /processing instruction xml-stylesheet/],
  ["<events>\n<e/>text</events>", 400, "invalid-xml", /^Line 2, column 5 .*text between events/],
  ["<e><a>", 400, "invalid-xml", /not closed/],
  ["<e>&nbsp;</e>", 400, "invalid-xml", /the entity nbsp/],
  ["<e><?php ?></e>", 400, "invalid-xml", /processing instruction php/],
  ["", 400, "invalid-xml", /empty/],
  ["<?xml version='1.0' encoding='windows-1252'?><e/>", 415, "unsupported-media-type", /windows-1252/],
  ["<e/>", 400, "invalid-event", /eventType/],
])("%j is %i %s", async (body, status, code, detail) => {
  const answer = await sender.post("/v1/events", body, XML);
  expectProblem(answer, status, code);
  expect(answer.body.detail).toMatch(detail);
  if (code === "invalid-xml")
    expectProblem(
      await sender.post("/v1/ingest/stream", body, XML),
      body.startsWith("<e>&") || body.startsWith("<e><?") ? 400 : 400,
      body.startsWith("<e>&") || body.startsWith("<e><?") ? "invalid-event" : code,
    );
});

test("415 names what is taken", async () => {
  const answer = await sender.post("/v1/events", "a: 1", { "content-type": "application/yaml" });
  expectProblem(answer, 415, "unsupported-media-type");
  expect(answer.headers.get("accept")).toContain("application/xml, text/xml");
  const latin = await sender.post("/v1/events", "<e/>", { "content-type": "text/xml; charset=iso-8859-1" });
  expectProblem(latin, 415, "unsupported-media-type");
});

test("numbers and booleans are what the type's schema says, exactly; the door foresees it", async () => {
  const typed = await newSender(stack);
  const big = "123456789012345678901234567890.10";
  const schema = {
    type: "object",
    required: ["amount"],
    properties: {
      amount: { $ref: "#/$defs/money" },
      paid: { type: "boolean" },
      lines: { type: "array", items: { type: "object", properties: { n: { type: "integer" }, sku: { type: "string" } } } },
      code: { type: "string" },
    },
    $defs: { money: { type: "number" } },
  };
  const registered = await admin(stack, "POST", "/v1/admin/event-types", { tenantId: typed.tenantId, type: "ORDER", schema });
  expect(registered.status, JSON.stringify(registered.body)).toBe(201);
  const order = (eventId: string, amount: string) =>
    `<order><eventId>${eventId}</eventId><eventType>ORDER</eventType><payload><amount>${amount}</amount><paid>true</paid><code>007</code><lines><n>1</n><sku>2</sku></lines></payload></order>`;
  const foreseen = async () =>
    (await typed.post("/v1/events/validate", `<events>${order("o-1", big)}${order("o-2", "much")}</events>`, XML)).body.results;
  // A type is in force everywhere within a second of its answer.
  await expect.poll(foreseen, { timeout: 30_000 }).toMatchObject([{ would: "stored" }, { would: "dead", code: "SCHEMA_INVALID" }]);
  await sleep(2_000);
  expect((await typed.post("/v1/events", `<events>${order("o-1", big)}${order("o-2", "much")}</events>`, XML)).body).toMatchObject({
    accepted: 2,
  });
  await settledSoon(stack);
  const text = await read("o-1", typed.key);
  expect(text).toContain(`"payload":{"amount":${big},"paid":true,"code":"007","lines":[{"n":1,"sku":"2"}]}`);
  expect(JSON.parse(text)).toMatchObject({ status: "stored", format: "xml", raw: order("o-1", big), typeVersion: 1 });
  expect(JSON.parse(await read("o-2", typed.key))).toMatchObject({
    status: "dead",
    format: "xml",
    payload: { amount: "much", paid: "true" },
  });

  // A patch applies to the JSON that was read; what it leaves are texts still, which the schema makes numbers of.
  const letters = await call(`/v1/admin/dlq?tenantId=${typed.tenantId}`);
  const letter = await call(`/v1/admin/dlq/${letters.items[0].id}?tenantId=${typed.tenantId}`);
  expect(letter).toMatchObject({ format: "xml", raw: order("o-2", "much"), reasonCode: "SCHEMA_INVALID" });
  const patch = [{ op: "replace", path: "/payload/amount", value: 5 }];
  const replay = await admin(stack, "POST", "/v1/admin/dlq/retry", { tenantId: typed.tenantId, ids: [letter.id], patch });
  expect(replay.status, JSON.stringify(replay.body)).toBe(202);
  await expect.poll(async () => JSON.parse(await read("o-2", typed.key)).status, { timeout: 60_000, interval: 200 }).toBe("stored");
  const stored = JSON.parse(await read("o-2", typed.key));
  expect(stored.payload).toEqual({ amount: 5, paid: true, code: "007", lines: [{ n: 1, sku: "2" }] });
  expect(stored.format).toBeUndefined();

  // A schema that changes says what a replay makes of the letter as it was sent.
  expect((await typed.post("/v1/events", order("o-3", "3 EUR"), XML)).status).toBe(202);
  await settledSoon(stack);
  expect(JSON.parse(await read("o-3", typed.key)).status).toBe("dead");
  const loose = { ...schema, properties: { ...schema.properties, amount: { type: "string" } } };
  expect((await admin(stack, "POST", "/v1/admin/event-types", { tenantId: typed.tenantId, type: "ORDER", schema: loose })).status).toBe(
    201,
  );
  await expect
    .poll(
      async () => {
        await admin(stack, "POST", "/v1/admin/dlq/retry", { tenantId: typed.tenantId, all: true });
        return JSON.parse(await read("o-3", typed.key)).status;
      },
      { timeout: 60_000, interval: 1_000 },
    )
    .toBe("stored");
  expect(JSON.parse(await read("o-3", typed.key))).toMatchObject({
    format: "xml",
    raw: order("o-3", "3 EUR"),
    payload: { amount: "3 EUR", paid: true },
  });
});

test("a stream is answered like NDJSON, compressed, in UTF-16, by lines, and resumes at its offset", async () => {
  const items = Array.from({ length: 1_200 }, (_, i) => sale(`s-${i}`));
  const body = `<?xml version="1.0"?>\n<events>\n${items.join("\n")}\n</events>\n`;
  const answer = await sender.post("/v1/ingest/stream", gzip(body), { ...XML, "content-encoding": "gzip" });
  expect(answer.body).toMatchObject({ accepted: 1_200, rejected: 0, offset: Buffer.byteLength(body) });
  const wide = Buffer.from(`\ufeff${body}`, "utf16le");
  expect((await sender.post("/v1/ingest/stream", wide, XML)).body).toMatchObject({ duplicates: 1_200, conflicts: 0, offset: wide.length });

  // Cut in the middle of an item: what was decided counts, and the rest begins there.
  const half = wide.subarray(0, Math.floor(wide.length / 4) * 2 + 10);
  const broken = await sender.post("/v1/ingest/stream", half, XML);
  expectProblem(broken, 400, "invalid-xml");
  expect(broken.body.offset).toBeLessThan(half.length);
  const rest = await sender.post("/v1/ingest/stream", wide.subarray(broken.body.offset), {
    ...XML,
    "x-stream-offset": String(broken.body.offset),
  });
  expect(rest.body).toMatchObject({ duplicates: 1_200 - broken.body.duplicates, offset: wide.length });

  const lines = await fetch(`${stack.apiUrl}/v1/ingest/stream`, {
    method: "POST",
    headers: { authorization: `Bearer ${sender.key}`, ...XML, accept: "application/x-ndjson" },
    body: `<events>${items[0]}<e/></events>`,
  });
  const told = (await lines.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(told).toMatchObject([{ status: "duplicate" }, { status: "rejected" }, { summary: { duplicates: 1, rejected: 1 } }]);
  await settledSoon(stack);
});

test("names of prototypes are data", async () => {
  const text = "<e><eventId>p-1</eventId><eventType>P</eventType><__proto__><admin>1</admin></__proto__><constructor>2</constructor></e>";
  expect((await sender.post("/v1/events", text, XML)).status).toBe(202);
  await settledSoon(stack);
  expect(await read("p-1")).toContain('"payload":{"__proto__":{"admin":"1"},"constructor":"2"}');
});

async function call(path: string) {
  const response = await fetch(`${stack.apiUrl}${path}`, { headers: { "x-admin-token": stack.adminToken } });
  expect(response.status).toBe(200);
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  return (await response.json()) as any;
}
