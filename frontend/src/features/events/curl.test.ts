import type { EventView } from "@streamforge/shared";
import { expect, it } from "vitest";
import { parseExact } from "../../lib/exact-json.js";
import { bodyAgain, curlOf, quoted } from "./curl.js";

const event = (parts: object): EventView => ({
  eventId: "order-1",
  id: "x",
  tenantId: "t",
  status: "stored",
  receivedAt: "2026-11-21T12:00:00Z",
  eventType: "SALE",
  ...parts,
});

// The page's sources know no Node types, and should not: a shell is needed here alone.
const { execFileSync } = await import("node:child_process" as string);

it.each(["it's", "a\nb", '"$HOME" `id` \\', ""])("survives a shell: %j", (text) => {
  expect(execFileSync("sh", ["-c", `printf %s ${quoted(text)}`], { encoding: "utf8" })).toBe(text);
});

it("sends the payload under another id, digits as they were", () => {
  const payload = parseExact('{"id":12345678901234567890,"name":"O\'Brien"}');
  const body = bodyAgain(event({ payload, extensions: { region: "eu" } }));
  expect(body).toContain('"payload":{"id":12345678901234567890,"name":"O\'Brien"}');
  expect(JSON.parse(body)).toMatchObject({ eventId: "order-1-again", eventType: "SALE", region: "eu" });
});

it("names the address and asks for a key", () => {
  expect(curlOf("http://127.0.0.1:3001", "{}")).toMatch(/^curl http:\/\/127\.0\.0\.1:3001\/v1\/events [\s\S]*YOUR_API_KEY/);
});
