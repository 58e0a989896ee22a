import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { newSender, type Sending, settledSoon } from "./sending-fixture.js";

let stack: Stack;
let sender: Sending;
beforeAll(async () => {
  stack = await startStack();
  sender = await newSender(stack);
});
afterAll(() => stack?.stop());

/** The answer as text: what a parse loses would be lost on both sides of a comparison. */
async function read(eventId: string): Promise<string> {
  const response = await fetch(`${stack.apiUrl}/v1/events/${encodeURIComponent(eventId)}`, {
    headers: { authorization: `Bearer ${sender.key}` },
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

async function sendAll(items: string[]): Promise<void> {
  for (let from = 0; from < items.length; from += 100) {
    const answer = await sender.post("/v1/events", `[${items.slice(from, from + 100).join(",")}]`);
    expect(answer.body).toMatchObject({ accepted: Math.min(100, items.length - from), rejected: 0, conflicts: 0 });
  }
  await settledSoon(stack);
}

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as { name: string; examples: Record<string, unknown>[] }[];
const webhooks = examples.flatMap(({ name, examples: bodies }) => bodies.map((body) => ({ name, body })));

test(`${webhooks.length} webhooks of GitHub's, as payload: read back they equal what was sent`, async () => {
  await sendAll(webhooks.map(({ name, body }, i) => JSON.stringify({ eventId: `hook-${i}`, eventType: name, payload: body })));
  for (const [i, { name, body }] of webhooks.entries()) {
    const found = JSON.parse(await read(`hook-${i}`));
    expect(found).toMatchObject({ status: "stored", eventType: name });
    expect(JSON.stringify(found.payload)).toBe(JSON.stringify(body));
    expect(found.extensions).toBeUndefined();
  }
});

test("the same webhooks as flat events: every field is the event's or in its payload", async () => {
  // Names that GitHub uses for other things would be refused as ids or types that are none: those bodies are not events.
  const TAKEN = ["type", "id", "subject", "source", "service", "time", "timestamp", "data", "payload", "userId", "user_id"];
  const flat = webhooks.filter(({ body }) => !TAKEN.some((name) => name in body));
  expect(flat.length).toBeGreaterThan(webhooks.length / 2);
  await sendAll(flat.map(({ name, body }, i) => JSON.stringify({ ...body, eventId: `flat-${i}`, eventType: name })));
  for (const [i, { body }] of flat.entries())
    expect(JSON.stringify(JSON.parse(await read(`flat-${i}`)).payload)).toBe(JSON.stringify(body));
});

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.constantFrom("-0", "1.0", "1e3", "1E+5", "0.10", "12345678901234567890"),
);
const key = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"$set"',
    '"$ref"',
    '"$id"',
    '"a.b"',
    '"__proto__"',
    '"_bsontype"',
    '"\\u0000"',
    '"1"',
    '"2"',
    '""',
    '"\\ud83d"',
    '"_id"',
  ),
);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    number,
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.constantFrom("null", "true", "[]", "{}", '"\\u0000\\ud800"'),
    fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(fc.tuple(key, tie("json")), { maxLength: 5 })
      .map((fields) => `{${fields.map(([name, value]) => `${name}:${value}`).join(",")}}`),
  ),
}));

test(
  "any JSON is read back as it was sent, to the letter where a parse would lose something",
  async () => {
    const payloads = fc.sample(json, Number(process.env.FIDELITY_EVENTS ?? 1_000));
    await sendAll(
      payloads.map((payload, i) => `{"eventId":"any-${i}","eventType":"T","payload": ${payload} ,"more":${payloads.at(-1 - i)}}`),
    );
    for (const [i, payload] of payloads.entries()) {
      const text = await read(`any-${i}`);
      for (const [name, sent] of [
        ["payload", payload],
        ["extensions", `{"more":${payloads.at(-1 - i)}}`],
      ] as const) {
        // Compact where it was kept as text or not: white space is no data.
        const kept = text.includes(`"${name}":${sent}`);
        if (!kept) expect(JSON.stringify(JSON.parse(text)[name])).toBe(JSON.stringify(JSON.parse(sent)));
        if (/"-?\d+"\s*:|[^"]\d{17}|1\.0|0\.10|1e3|-0\b(?!\.)/.test(sent) && !/[^"\s]\s+[^"\s]/.test(sent))
          expect(kept, `${sent}\n${text}`).toBe(true);
      }
    }
  },
  patience(120_000),
);
