import { randomUUID } from "node:crypto";
import { CloudEvent, HTTP, type Message } from "cloudevents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { admin, newSender, type Sending, settledSoon } from "./sending-fixture.js";

/** CloudEvents 1.0, with the official SDK as producer and as judge. */

let stack: Stack;
let sender: Sending;
beforeAll(async () => {
  stack = await startStack();
  sender = await newSender(stack);
});
afterAll(() => stack?.stop());

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

const sample = (more: object = {}): CloudEvent<unknown> =>
  new CloudEvent({
    id: randomUUID(),
    source: "https://shop.example/orders",
    type: "com.example.order.created",
    subject: "order 4711",
    time: "2026-11-28T10:00:00.123Z",
    data: { amount: 12.5, lines: [1, 2] },
    ...more,
  } as object);

const sendMessage = ({ headers, body }: Message) =>
  sender.post("/v1/events", body as string, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])));

async function read(eventId: string, accept = STRUCTURED): Promise<{ type: string; text: string }> {
  await settledSoon(stack);
  const headers = { authorization: `Bearer ${sender.key}`, accept };
  const response = await fetch(`${stack.apiUrl}/v1/events/${encodeURIComponent(eventId)}`, { headers });
  expect(response.status).toBe(200);
  return { type: response.headers.get("content-type") ?? "", text: await response.text() };
}

const parse = ({ type, text }: { type: string; text: string }): CloudEvent<unknown> =>
  HTTP.toEvent({ headers: { "content-type": type }, body: text }) as CloudEvent<unknown>;

const SAMPLES: Record<string, object> = {
  JSON: {},
  "XML data": { datacontenttype: "application/xml", data: "<order id='1'>é</order>" },
  text: { datacontenttype: "text/plain", data: "hello" },
  bytes: { datacontenttype: "application/octet-stream", data: new Uint8Array([0, 1, 254, 255]) },
  "no data": { data: undefined },
  extensions: { partitionkey: "p-1", userid: "u-7", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tier: "gold" },
  "a schema": { dataschema: "https://shop.example/schemas/order" },
};

describe.each(["structured", "binary"] as const)("%s mode", (mode) => {
  test.each(Object.keys(SAMPLES))("%s: the SDK reads back what it sent", async (name) => {
    const event = sample(SAMPLES[name]);
    const message = HTTP[mode](event);
    // The SDK's binary mode leaves out the type of the body where there is none.
    const answer = await sendMessage(message);
    expect(answer).toMatchObject({ status: 202, body: { eventId: event.id } });
    const back = parse(await read(event.id));
    const { data_base64: sentBytes, data: sent, ...attributes } = event.toJSON();
    expect(back.toJSON()).toMatchObject(attributes);
    if (sentBytes !== undefined) expect(back.data_base64 ?? Buffer.from(back.data as Uint8Array).toString("base64")).toBe(sentBytes);
    else expect(back.data).toEqual(sent);
  });
});

test("the same event in both modes is one event", async () => {
  const event = sample();
  expect((await sendMessage(HTTP.structured(event))).status).toBe(202);
  expect(await sendMessage(HTTP.binary(event))).toMatchObject({ status: 409, body: { code: "duplicate" } });
});

test("its attributes are fields of the event", async () => {
  const event = sample(SAMPLES.extensions);
  await sendMessage(HTTP.structured(event));
  const { text } = await read(event.id, "application/json");
  expect(JSON.parse(text)).toMatchObject({
    status: "stored",
    format: "cloudevent",
    eventId: event.id,
    eventType: event.type,
    source: event.source,
    subject: event.subject,
    occurredAt: event.time,
    userId: "u-7",
    partitionKey: "p-1",
    specVersion: "1.0",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    payload: event.data,
    extensions: { tier: "gold" },
    raw: HTTP.structured(event).body,
  });
});

test("numbers keep their digits, in both modes and in both readings", async () => {
  const text = '{"big":12345678901234567890,"exact":10.00,"odd":1e400}';
  const attributes = { "ce-specversion": "1.0", "ce-source": "/a", "ce-type": "T" };
  expect((await sender.post("/v1/events", text, { ...attributes, "ce-id": "digits-1" })).status).toBe(202);
  const structured = `{"specversion":"1.0","id":"digits-2","source":"/a","type":"T","data":${text}}`;
  expect((await sender.post("/v1/events", structured, { "content-type": STRUCTURED })).status).toBe(202);
  for (const id of ["digits-1", "digits-2"]) {
    expect((await read(id)).text).toContain(`"data":${text}`);
    expect((await read(id, "application/json")).text).toContain(`"payload":${text}`);
  }
});

// The SDK's own binary mode fails at such a name.
test("an attribute may have the name of a property that every object has", async () => {
  const one = sample();
  const event = { ...one.toJSON(), constructor: "c", tostring: "t" };
  expect((await sender.post("/v1/events", event, { "content-type": STRUCTURED })).status).toBe(202);
  const { text } = await read(one.id, "application/json");
  expect(text).toContain('"extensions":{"constructor":"c","tostring":"t"}');
});

test("a batch has its results by item, and a list is answered as a batch", async () => {
  const own = await newSender(stack);
  const events = [sample(), sample(), sample()];
  const body = [...events.map((event) => event.toJSON()), { ...sample().toJSON(), source: undefined }];
  const answer = await own.post("/v1/events", JSON.stringify(body), { "content-type": BATCH });
  expect(answer).toMatchObject({ status: 207, body: { accepted: 3, rejected: 1, results: [{ index: 3, code: "invalid-event" }] } });
  expect(answer.body.results[0].detail).toContain("/source is required");
  await settledSoon(stack);
  const headers = { authorization: `Bearer ${own.key}`, accept: BATCH };
  const first = await fetch(`${stack.apiUrl}/v1/events?limit=2`, { headers });
  const rest = await fetch(new URL(/<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "", stack.apiUrl), { headers });
  expect(rest.headers.get("link")).toBeNull();
  const both = (await Promise.all([first, rest].map((one) => one.json()))).flat() as object[];
  const byId = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
  expect(both.sort(byId)).toEqual(JSON.parse(JSON.stringify(events)).sort(byId));
});

test("any stored event can be read as a CloudEvent that the SDK takes", async () => {
  const eventId = randomUUID();
  const extras = { tier: "gold", Nested: { a: 1 }, level: 3, "data ": 1.5 };
  const event = { eventId, eventType: "order.created", source: "my shop ü", userId: "u", payload: { big: 1 }, ...extras };
  expect((await sender.post("/v1/events", event)).status).toBe(202);
  const back = parse(await read(eventId));
  expect(back).toMatchObject({
    id: eventId,
    source: "my%20shop%20%C3%BC",
    type: "order.created",
    userid: "u",
    tier: "gold",
    level: 3,
    data: { big: 1 },
  });
  expect(JSON.parse(back.extensions as string)).toEqual({ Nested: { a: 1 }, "data ": 1.5 });
});

const VALID = { specversion: "1.0", id: "bad", source: "/a", type: "T" };
const BAD: [what: string, event: object, pointer: string][] = [
  ...Object.keys(VALID).flatMap((name): [string, object, string][] => [
    [`no ${name}`, { ...VALID, [name]: undefined }, `/${name}`],
    [`null as ${name}`, { ...VALID, [name]: null }, `/${name}`],
    [`an empty ${name}`, { ...VALID, [name]: "" }, `/${name}`],
    [`a number as ${name}`, { ...VALID, [name]: 1 }, `/${name}`],
  ]),
  ["version 0.3", { ...VALID, specversion: "0.3" }, "/specversion"],
  ["an id that is too long", { ...VALID, id: "x".repeat(201) }, "/id"],
  ["a time without a zone", { ...VALID, time: "2026-01-01T00:00:00" }, "/time"],
  ["a time in the future", { ...VALID, time: "2999-01-01T00:00:00Z" }, "/time"],
  ["upper case in a name", { ...VALID, eventId: "x" }, "/eventId"],
  ["an object as an attribute", { ...VALID, custom: {} }, "/custom"],
  ["a fraction as an attribute", { ...VALID, custom: 1.5 }, "/custom"],
  ["__proto__", JSON.parse('{"specversion":"1.0","id":"bad","source":"/a","type":"T","__proto__":"x"}'), "/__proto__"],
  ["data twice", { ...VALID, data: 1, data_base64: "AA==" }, "/data_base64"],
  ["data_base64 that is none", { ...VALID, data_base64: "!" }, "/data_base64"],
];

test.each(BAD)("refused by name: %s", async (_what, event, pointer) => {
  const answer = await sender.post("/v1/events", event, { "content-type": STRUCTURED });
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid-event", errors: [{ pointer }] } });
});

test.each([
  [
    "a missing attribute",
    { "ce-source": "/a", "ce-type": "T", "ce-id": "b" },
    "{}",
    { status: 400, body: { errors: [{ pointer: "/specversion" }] } },
  ],
  [
    "percent-encoding that is no UTF-8",
    { "ce-specversion": "1.0", "ce-source": "/a", "ce-type": "T", "ce-id": "%ff" },
    "{}",
    { status: 400 },
  ],
  [
    "JSON that is none",
    { "ce-specversion": "1.0", "ce-source": "/a", "ce-type": "T", "ce-id": "b" },
    "{",
    { status: 400, body: { code: "invalid-json" } },
  ],
])("binary mode, refused: %s", async (_what, headers, body, expected) => {
  expect(await sender.post("/v1/events", body, headers)).toMatchObject(expected);
});

test("headers are percent-decoded, and quoted ones unquoted", async () => {
  const headers = {
    "ce-specversion": "1.0",
    "ce-source": "/a",
    "ce-type": "T",
    "ce-id": "enc%C3%A9",
    "ce-subject": '"Euro %E2%82%AC \\"50%\\""',
  };
  expect(await sender.post("/v1/events", "{}", headers)).toMatchObject({ status: 202, body: { eventId: "encé" } });
  expect(JSON.parse((await read("encé", "application/json")).text).subject).toBe('Euro € "50%"');
});

test("a single event as a batch, a batch as a single one, XML, and a stream are refused with what to do", async () => {
  const one = sample().toJSON();
  const asBatch = await sender.post("/v1/events", one, { "content-type": BATCH });
  expect(asBatch).toMatchObject({ status: 400, body: { detail: expect.stringContaining(STRUCTURED) } });
  const asOne = await sender.post("/v1/events", JSON.stringify([one]), { "content-type": STRUCTURED });
  expect(asOne).toMatchObject({ status: 400, body: { detail: expect.stringContaining(BATCH) } });
  const xml = await sender.post("/v1/events", "<event/>", { "content-type": "application/cloudevents+xml" });
  expect(xml.status).toBe(415);
  expect(xml.headers.get("accept")).toContain(STRUCTURED);
  expect((await sender.post("/v1/ingest/stream", one, { "content-type": STRUCTURED })).status).toBe(415);
});

test("a schema judges its data, and the letter can be replayed", async () => {
  const own = await newSender(stack);
  const asAdmin = (method: string, path: string, body: object) => admin(stack, method, path, body);
  const strict = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };
  expect((await asAdmin("POST", "/v1/admin/event-types", { tenantId: own.tenantId, type: "strict", schema: strict })).status).toBe(201);
  const event = { specversion: "1.0", id: "judged", source: "/a", type: "strict", data: { amount: "1" } };
  await expect
    .poll(
      async () => {
        await own.post("/v1/events", { ...event, id: `judged-${Date.now()}` }, { "content-type": STRUCTURED });
        await settledSoon(stack);
        const list = await fetch(`${stack.apiUrl}/v1/admin/dlq?tenantId=${own.tenantId}`, {
          headers: { "x-admin-token": stack.adminToken },
        });
        return ((await list.json()) as { items: object[] }).items;
      },
      { timeout: 60_000 },
    )
    .toContainEqual(expect.objectContaining({ reasonCode: "SCHEMA_INVALID", eventType: "strict", source: "/a" }));
  const retry = await asAdmin("POST", "/v1/admin/dlq/retry", {
    tenantId: own.tenantId,
    all: true,
    patch: [{ op: "replace", path: "/payload/amount", value: 1 }],
  });
  expect(retry.status).toBe(202);
  await expect
    .poll(
      async () => {
        const list = await fetch(`${stack.apiUrl}/v1/events?type=strict`, {
          headers: { authorization: `Bearer ${own.key}`, accept: BATCH },
        });
        return ((await list.json()) as { data: unknown }[]).map(({ data }) => data);
      },
      { timeout: 60_000 },
    )
    .toContainEqual({ amount: 1 });
});
