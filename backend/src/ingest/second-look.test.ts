import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { eventContext } from "../stream/record.js";
import { createSecondLook, type Doubt, type FoundFirst, type WantedFirst } from "./second-look.js";

const context = eventContext({ tenantId: "t", keyName: "k", defaultType: "d", correlationId: "c", traceparent: "" });
const compared = (text: string) => ({ text: Buffer.from(text), context, receivedAtMs: 0, partition: 0, verdict: undefined });
const accepted = { hash: Buffer.alloc(8), receipt: Buffer.alloc(8), receivedAtMs: 0, hour: 0 };
const doubt = (id: string, text = '{"a":1.0}'): Doubt => ({ item: compared(text), first: accepted, id });
const found = (wanted: WantedFirst, bytes = 10): FoundFirst => ({
  wanted,
  content: { sent: { text: '{ "a" : 1 }', format: "json", keyName: "k", defaultType: "d", receivedAtMs: 0 } },
  bytes,
});
async function* nothing(): AsyncGenerator<FoundFirst> {}

test("what is found in either place is compared; what is met between two places is looked for again", async () => {
  let rounds = 0;
  const look = createSecondLook({
    async *decided(wanted) {
      for (const one of wanted) if (one.id === "stored" || (one.id === "moving" && rounds++ > 1)) yield found(one);
    },
    async *underway(wanted) {
      for (const one of wanted) if (one.id === "queued") yield found(one);
    },
    onError: () => {},
  });
  const doubts = [doubt("stored"), doubt("queued", '{"a":2}'), doubt("moving"), doubt("stored", '{"a":"1"}')];
  await look(doubts);
  expect(doubts.map(({ item }) => item.verdict)).toEqual(["same", "other", "same", "other"]);
});

test("what cannot be read by the deadline is unread, never the same, however many ask", async () => {
  const errors: string[] = [];
  const look = createSecondLook({
    // biome-ignore lint/correctness/useYield: it never comes to that
    async *decided() {
      throw new Error("away");
    },
    underway: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
    onError: (error) => errors.push(error.message),
  });
  const requests = Array.from({ length: 20 }, (_, i) => [doubt(`a${i}`), doubt(`b${i}`)]);
  const begunAt = performance.now();
  await Promise.all(requests.map(look));
  // All wait for the first one's deadline, not one after the other.
  expect(performance.now() - begunAt).toBeLessThan(2 * 3_000);
  expect(requests.flat().every(({ item }) => item.verdict === "unread")).toBe(true);
  expect(new Set(errors)).toEqual(new Set(["away"]));
});

test("beyond the byte limit nothing more is read", async () => {
  let read = 0;
  const look = createSecondLook({
    async *decided(wanted) {
      for (const one of wanted) {
        read++;
        yield found(one, 1024 * 1024);
      }
    },
    underway: nothing,
    onError: () => {},
  });
  const doubts = Array.from({ length: 100 }, (_, i) => doubt(`id-${i}`));
  await look(doubts);
  expect(read).toBe(32);
  expect(doubts.filter(({ item }) => item.verdict === "same")).toHaveLength(32);
  expect(doubts.filter(({ item }) => item.verdict === "unread")).toHaveLength(68);
});
