import { expect, it } from "vitest";
import { bodyAsNew } from "./as-new.js";

it.each([
  ['{"id":"a","amount":1.10}', '{"id":"a-again","amount":1.10}'],
  ['{"event_id":"a","id":12345678901234567890}', '{"event_id":"a-again","id":12345678901234567890}'],
  ['{"eventId":null,"id":"a"}', '{"eventId":null,"id":"a-again"}'],
  ['{"amount":1}', '{"amount":1,"eventId":"a-again"}'],
])("gives %s another id where it has one, and changes nothing else", (raw, body) => expect(bodyAsNew(raw, "a")).toBe(body));

it.each(["<event/>", "[1]", ""])("has none for %j, which is no JSON object", (raw) => expect(bodyAsNew(raw, "a")).toBeNull());
