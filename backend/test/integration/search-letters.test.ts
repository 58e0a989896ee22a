import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo } from "@streamforge/infrastructure/local";
import fc from "fast-check";
import { Binary } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { containing } from "../../src/dead-letters/search.js";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { connectStore, type Store } from "../../src/store/mongo.js";
import { patience } from "../support/yardstick.js";

/** `q` finds what an item says, however its JSON spells it. */

let mongo: LocalServer;
let store: Store;
const dataDir = mkdtempSync(join(tmpdir(), "streamforge-search-"));
beforeAll(async () => {
  mongo = await startMongo({ dataDir });
  store = await connectStore(loadConfig({ MONGODB_URI: mongo.url }), "search");
});
afterAll(async () => {
  await store?.close();
  await mongo?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function keep(raws: string[]): Promise<void> {
  await store.deadLetters.deleteMany({});
  await store.deadLetters.insertMany(raws.map((raw, i) => ({ _id: new Binary(Buffer.from(String(i))), raw }) as DeadLetterDocument));
}

async function found(q: string): Promise<number[]> {
  const letters = await store.deadLetters.find(containing(q), { projection: { _id: 1 } }).toArray();
  return letters.map(({ _id }) => Number(Buffer.from(_id.buffer).toString())).sort((a, b) => a - b);
}

test.each([
  ["München", '{"city":"M\\u00fcnchen"}'],
  ["MÜNCHEN", '{"city":"M\\u00FCnchen"}'],
  ['he said "hi"', '{"note":"he said \\"hi\\""}'],
  ['he said "hi"', '{"note":"he said \\u0022hi\\u0022"}'],
  ["C:\\temp", '{"path":"C:\\\\temp"}'],
  ["/var/log", '{"path":"\\/var\\/log"}'],
  ["two\nlines", '{"note":"two\\nlines"}'],
  ["👍 thanks", '{"note":"\\ud83d\\udc4d thanks"}'],
  ["user-42", '{"\\u0075ser-42":1}'],
  ["300 K", '{"note":"300 \\u212a"}'],
  // As it was sent, too: what somebody copies from the screen.
  ["M\\u00fcnchen", '{"city":"M\\u00fcnchen"}'],
  ['"amount":19', '{"amount":19}'],
])("%s is found in %s", async (q, raw) => {
  await keep([raw, '{"note":"nothing of this"}']);
  expect(await found(q)).toEqual([0]);
});

test("a backslash before a letter is no escape of it", async () => {
  await keep(['{"path":"C:\\\\temp"}', '{"note":"C:\\temp"}']);
  expect(await found("C:\temp")).toEqual([1]);
});

test.each(["k", "θ", "𐐀", '"', "."])("200 times %s is still a search", async (char) => {
  await keep([JSON.stringify({ k: char.repeat(200) }), JSON.stringify({ k: char.repeat(199) })]);
  expect(await found(char.repeat(200))).toEqual([0]);
});

const CHARS = ["a", "K", "k", "s", "ß", "ü", "Ü", '"', "\\", "/", "\t", "\n", "u", "0", "n", "t", " ", "é", "e", "👍", "Σ", "ς", ".", "*"];
const SHORT: Record<string, string> = { '"': '\\"', "\\": "\\\\", "/": "\\/", "\t": "\\t", "\n": "\\n" };

/** One character in one of the ways in which JSON can say it. */
const spelling = fc.tuple(fc.constantFrom(...CHARS), fc.nat(3)).map(([char, way]) => {
  const escaped = [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
  const mustBe = char === '"' || char === "\\" || char < " ";
  const ways = [
    mustBe ? (SHORT[char] as string) : char,
    SHORT[char] ?? char,
    escaped,
    escaped.replaceAll(/[a-f]/g, (x) => x.toUpperCase()),
  ];
  const spelled = ways[way] as string;
  return { char, spelled: spelled === char && mustBe ? escaped : spelled };
});

test("any text in any spelling, and nothing else", { timeout: patience(120_000) }, async () => {
  const [items = []] = fc.sample(fc.array(fc.array(spelling, { minLength: 3, maxLength: 12 }), { minLength: 600, maxLength: 600 }), {
    numRuns: 1,
    seed: 20261128,
  });
  const texts = items.map((item) => item.map(({ char }) => char));
  const raws = items.map((item) => JSON.stringify({ k: "" }).replace('""', `"${item.map(({ spelled }) => spelled).join("")}"`));
  for (const [i, raw] of raws.entries()) expect(JSON.parse(raw).k).toBe((texts[i] as string[]).join(""));
  await keep(raws);
  for (const chars of texts.slice(0, 200)) {
    const q = chars.slice(0, 4).join("");
    const pattern = new RegExp(q.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu");
    const expected = raws.flatMap((raw, i) => (pattern.test(raw) || pattern.test((texts[i] as string[]).join("")) ? [i] : []));
    expect(await found(q), JSON.stringify(q)).toEqual(expected);
  }
});
