import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { canonicalContent } from "../../src/lib/canonical.js";
import { elementsOf, memberText } from "../../src/lib/json-text.js";
import { type Stack, startStack } from "../support/stack.js";
import { openReplays, type Replays } from "./replay-fixture.js";

/** What a patch writes is what is stored, byte for byte; what sending refuses, a patch cannot write. */

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

const admin = () => ({ "x-admin-token": stack.adminToken });

async function text(path: string): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}${path}`, { headers: admin() });
  expect(answer.status).toBe(200);
  return answer.text();
}

/** @param patch JSON text */
async function retry(patch: string, more = '"all":true'): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}/v1/admin/dlq/retry`, {
    method: "POST",
    headers: { "content-type": "application/json", ...admin() },
    body: `{"tenantId":"${replays.tenantId}",${more},"patch":${patch}}`,
  });
  const made = (await answer.json()) as { replayId: string };
  expect(answer.status, JSON.stringify(made)).toBe(202);
  return made.replayId;
}

const ODD = ["1e400", "-1E-400", "0.1234567890123456789", "10.00", "-0", "12345678901234567890", "9007199254740993", "1e2", "null", "true"];
const KEYS = ["__proto__", "constructor", "", "zeta", "2", "10", "a", "\\u0061", "ключ", "\\u0000", "$id", "_bsontype", "a.b"];
const STRINGS = ["", "\\u00fc", "ü", "\\ud800", "\\u0000", '\\"', "\\/", "👍", "\\n", "1.0"];

/** JSON as text: numbers, keys and strings that a parse or a store would change, white space and repeated keys included. */
const { value: json } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(...ODD),
    fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
    fc.constantFrom(...STRINGS).map((inner) => `"${inner}"`),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(" , ")}]`),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie("value")), { maxLength: 4 })
      .map((members) => `{${members.map(([key, value]) => `"${key}": ${value}`).join(",")}}`),
  ),
}));

test("any JSON value comes back byte for byte, and is shown as it was sent", { timeout: 120_000 }, async () => {
  const rounds = fc.sample(fc.array(json, { minLength: 40, maxLength: 40 }), { numRuns: 3, seed: 3 });
  for (const [round, values] of [...rounds, ODD].entries()) {
    await replays.die(1, { prefix: `exact-${round}` });
    const operations = values.map((value, i) => `{"op":"add","path":"/payload/v${i}","value":${value}}`);
    const patch = `[${operations.join()}]`;
    const id = await retry(patch);
    expect(await replays.ended(id)).toMatchObject({ outcomes: { stored: 1 } });
    const stored = await text(`/v1/events/exact-${round}-0?tenantId=${replays.tenantId}`);
    for (const [i, value] of values.entries()) expect(stored).toContain(`"v${i}":${value}`);
    const shown = memberText(await text(`/v1/admin/replay/${id}?tenantId=${replays.tenantId}`), "patch") as string;
    expect(canonicalContent(shown)).toBe(canonicalContent(patch));
    const audited = memberText(await text(`/v1/admin/audit?tenantId=${replays.tenantId}&targetId=${id}`), "items") as string;
    const [entry] = elementsOf(audited, 0);
    const after = memberText(audited.slice(entry?.start, entry?.end), "after") as string;
    expect(canonicalContent(memberText(after, "patch") as string)).toBe(canonicalContent(patch));
  }
});

describe("a patch cannot write what sending refuses", () => {
  const deep = `${"[".repeat(64)}1${"]".repeat(64)}`;
  test.each([
    ["a time far ahead", "/occurredAt", '"9999-01-01T00:00:00Z"', "24 hours"],
    ["a time that is none", "/occurredAt", '"yesterday"', "RFC 3339"],
    ["a time before 1970", "/occurredAt", '"1960-01-01T00:00:00Z"', "1970"],
    ["a name with control characters", "/eventType", '"a\\u0007b"', "control characters"],
    ["a lone surrogate", "/source", '"\\ud800"', "half a surrogate pair"],
    ["an empty name", "/eventType", '""', "1 to 200 characters"],
    ["a name that is too long", "/eventType", `"${"x".repeat(201)}"`, "1 to 200 characters"],
    ["no name", "/eventType", "{}", "must be"],
    ["more levels than an event may have", "/payload", deep, "64 levels"],
  ])("%s", async (_what, path, value, why) => {
    const [letter] = await replays.die(1, { prefix: "unfit" });
    const patch = `[{"op":"add","path":"${path}","value":${value}}]`;
    const body = `{"tenantId":"${replays.tenantId}","status":"DLQ","mode":"dry-run","all":true,"patch":${patch}}`;
    const answer = await fetch(`${stack.apiUrl}/v1/admin/replay`, {
      method: "POST",
      headers: { "content-type": "application/json", ...admin() },
      body,
    });
    const dry = await replays.ended(((await answer.json()) as { replayId: string }).replayId);
    expect(dry.report.failures?.[0]).toMatchObject({ code: "PATCH_FAILED", message: expect.stringContaining(why) });
    const real = await replays.ended(await retry(patch));
    expect(real).toMatchObject({ outcomes: { failed: 1 }, report: { failures: [{ code: "PATCH_FAILED" }] } });
    expect(await replays.letters.findOne({ _id: letter?._id })).toMatchObject({ status: "open", raw: letter?.raw });
    expect(await replays.events.countDocuments({ tenantId: replays.tenantId })).toBe(0);
  });
});
