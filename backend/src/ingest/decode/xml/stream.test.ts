import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedBody, type StreamSplitter } from "../decoder.js";
import { xmlDecoder } from "./decoder.js";

const MAX = 200;
const open = (offset = 0) => xmlDecoder.stream?.({ offset, maxEventBytes: MAX, charset: undefined }) as StreamSplitter;

interface Found {
  texts: string[];
  starts: number[];
  end: number;
  fault?: string;
}

/** What a splitter finds in these chunks. */
function stream(chunks: Buffer[], offset = 0): Found {
  const splitter = open(offset);
  const found: Found = { texts: [], starts: [], end: offset };
  const take = (pieces: Iterable<{ bytes: Buffer; slices: { start: number; end: number }[]; starts: number[]; end: number }>) => {
    for (const piece of pieces) {
      for (const { start, end } of piece.slices) found.texts.push(piece.bytes.toString("utf8", start, end));
      found.starts.push(...piece.starts);
      expect(piece.end).toBeGreaterThanOrEqual(found.end);
      found.end = piece.end;
    }
  };
  try {
    for (const chunk of chunks) take(splitter.add(chunk));
    take(splitter.last());
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error;
    found.fault = `${error.place?.line}:${error.place?.column} ${error.message}`;
  }
  return found;
}

function cut(body: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((n) => n % (body.length + 1)).sort((a, b) => a - b), body.length];
  return places.slice(1).map((to, i) => body.subarray(places[i], to));
}

const ITEMS = [
  "<event><a>1</a></event>",
  "<sale id='x>y' b=\"it's\"/>",
  "<e><!-- <x> --> --><b/></e>".replace(" --> -->", " -->"),
  "<e><![CDATA[</e> ]] > ]]></e>",
  "<ü>größe 😀</ü>",
  "<e>\n\n<e><e/></e></e>",
  "<e><a></b></e>",
  "<e><a x='1></a></e>",
  "<e>&bomb;</e>",
];
const between = fc.constantFrom("", " ", "\n", "\r\n\t", "<!-- a <b> -- -->".replace(" -- ", " "));
const document_ = fc.array(fc.tuple(between, fc.constantFrom(...ITEMS)), { maxLength: 8 }).chain((items) =>
  fc
    .tuple(
      fc.constantFrom("", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- first -->"),
      fc.constantFrom("events", "n:events"),
      between,
    )
    .map(([prolog, root, tail]) => ({
      text: `${prolog}<${root} a="1>">${items.map(([space, item]) => space + item).join("")}${tail}</${root}>\n`,
      items,
    })),
);
const ENCODINGS: [string, (text: string) => Buffer][] = [
  ["UTF-8", (text) => Buffer.from(text)],
  ["UTF-8 with a mark", (text) => Buffer.from(`\ufeff${text}`)],
  ["UTF-16LE", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
  ["UTF-16BE", (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
];

test.each(ENCODINGS)("%s: a stream is taken apart like a body, wherever it is cut", (_, encode) => {
  fc.assert(
    fc.property(document_, fc.array(fc.nat()), ({ text, items }, cuts) => {
      const sent = items.map(([, item]) => item);
      const body = encode(text);
      const whole = xmlDecoder.split(body, 1_000, undefined);
      expect(whole.slices.map(({ start, end }) => whole.bytes.toString("utf8", start, end))).toEqual(sent);
      expect(whole.single).toBe(false);
      const found = stream(cut(body, cuts));
      expect(found.texts).toEqual(sent);
      expect(found.fault).toBeUndefined();
      // Where an item begins in the bytes that were sent.
      const unit = body.length === Buffer.byteLength(text) ? 1 : body[0] === 0xef ? 1 : 2;
      for (const [i, start] of found.starts.entries()) {
        const encoded = encode((sent[i] as string).slice(0, 1)).subarray(body[0] === 0xef ? 3 : unit === 2 ? 2 : 0);
        expect(body.subarray(start, start + encoded.length)).toEqual(encoded);
      }
      expect(found.end).toBe(body.length);
    }),
    { numRuns: 60 },
  );
});

test("every byte may come alone", () => {
  const text = `<?xml version='1.0'?><!-- a -- b --><events>${ITEMS.join("<!---->")}</events>`.replace(" -- b ", " ");
  for (const [, encode] of ENCODINGS) {
    const body = encode(text);
    expect(stream([...body].map((byte) => Buffer.from([byte]))).texts).toEqual(ITEMS);
    for (let at = 0; at <= body.length; at++) expect(stream([body.subarray(0, at), body.subarray(at)]).texts).toEqual(ITEMS);
  }
});

test("a stream that broke off resumes behind what was decided", () => {
  for (const [, encode] of ENCODINGS) {
    const body = encode(`<?xml version="1.0"?>\n<events>\n${ITEMS.join("\n<!-- between <x> -->\n")}\n</events>\n`);
    for (let at = 0; at <= body.length; at++) {
      const splitter = open();
      const before: string[] = [];
      let offset = 0;
      for (const piece of splitter.add(body.subarray(0, at))) {
        for (const { start, end } of piece.slices) before.push(piece.bytes.toString("utf8", start, end));
        offset = piece.end;
      }
      const after = stream([body.subarray(offset)], offset);
      expect(after.fault).toBeUndefined();
      expect([...before, ...after.texts]).toEqual(ITEMS);
      expect(after.end).toBe(body.length);
    }
  }
});

test("one event is the root, a list may be empty, an overlong event is known by its head", () => {
  const single = stream([Buffer.from("<!-- a --><sale><a>1</a></sale> <!-- b -->\n")]);
  expect(single).toMatchObject({ texts: ["<sale><a>1</a></sale>"], starts: [10] });
  for (const text of ["<events/>", "<events></events>", '<e:events xmlns:e="urn:e"> \n </e:events>'])
    expect(xmlDecoder.split(Buffer.from(text), 10, undefined)).toMatchObject({ slices: [], single: false });
  const long = `<e a="${"x".repeat(100)}">${"<b/>".repeat(1_000)}\n\n</e>`;
  const body = Buffer.from(`<events><a/>\n${long}<c/>${long}<d/></events>`);
  for (const step of [1, 7, 150, 5_000]) {
    const chunks = Array.from({ length: Math.ceil(body.length / step) }, (_, i) => body.subarray(i * step, (i + 1) * step));
    const { texts, starts, end, fault } = stream(chunks);
    expect(fault).toBeUndefined();
    expect(texts.map((text) => (text.length > MAX ? "long" : text))).toEqual(["<a/>", "long", "<c/>", "long", "<d/>"]);
    expect(starts.map((start) => body.toString("utf8", start, start + 2))).toEqual(["<a", "<e", "<c", "<e", "<d"]);
    expect(end).toBe(body.length);
  }
});

test("what is held of a stream is bounded", () => {
  const splitter = open();
  const chunk = Buffer.from(`${"x".repeat(16_384)}`);
  const feed = (bytes: Buffer) => {
    for (const _ of splitter.add(bytes));
  };
  feed(Buffer.from("<events a='"));
  for (let i = 0; i < 100; i++) feed(chunk);
  feed(Buffer.from("'><!--"));
  for (let i = 0; i < 100; i++) feed(chunk);
  feed(Buffer.from("--><e b='"));
  for (let i = 0; i < 100; i++) feed(chunk);
  expect(splitter.heldBytes()).toBeLessThanOrEqual(MAX + 1);
  feed(Buffer.from("'/></events>"));
  expect(splitter.heldBytes()).toBe(0);
});

test.each([
  ["<!DOCTYPE lolz [<!ENTITY lol 'lol'>]><e>&lol;</e>", /^1:1 found a DOCTYPE: none is taken/],
  ["\n <?xml-stylesheet href='x'?><e/>", /^2:2 found the processing instruction xml-stylesheet: none are taken/],
  ["<events><a/>text<b/></events>", /^1:13 found text between events/],
  ["<events><a/></events><b/>", /^1:22 found a second root element, b/],
  ["<a/></a>", /^1:5 found <\/a>, which closes nothing/],
  ["text", /^1:1 found text before the first element/],
  ["<events><a>", /the event is not closed/],
  ["<events><a/>", /<events> is not closed/],
  ["<events><a/><![CDATA[x]]></events>", /^1:13 found <! that begins no comment/],
  ["", /the body is empty/],
  ["<?xml version='1.1'?><e/>", /found XML 1.1: only 1.0/],
  ["<?xml version='1.0' encoding='ISO-8859-1'?><e/>", /encoding ISO-8859-1 is not taken/],
])("%j ends the document, wherever it is cut", (text, fault) => {
  const body = Buffer.from(text);
  for (let at = 0; at <= body.length; at++) {
    const found = stream([body.subarray(0, at), body.subarray(at)]);
    expect(found.fault?.replace(/^\d+:\d+ /, "")).toMatch(new RegExp(fault.source.replace(/^\^\d+:\d+ /, "")));
  }
  expect(stream([body]).fault).toMatch(fault);
  expect(() => xmlDecoder.split(body, 10, undefined)).toThrow(MalformedBody);
});

test.each([
  [Buffer.from([0xff, 0xfe, 0, 0]), undefined],
  [Buffer.from("<e/>", "utf16le"), undefined],
  [Buffer.from("<e/>"), "iso-8859-1"],
  [Buffer.from("<e/>"), "utf-16"],
])("another encoding is 415", (body, charset) => {
  expect(() => xmlDecoder.split(body, 10, charset)).toThrow(expect.objectContaining({ code: "unsupported-media-type" }));
});

test("whatever comes, it ends, and says the same in one piece and in many", () => {
  const bits = fc.constantFrom(
    "<",
    ">",
    "/",
    "!",
    "--",
    "[CDATA[",
    "]]>",
    "?",
    "'",
    '"',
    "a",
    " ",
    "events",
    "=",
    "&",
    "\n",
    "ü",
    "<events>",
    "</events>",
    "<a>",
    "</a>",
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 40 }), fc.array(fc.nat()), (parts, cuts) => {
      const body = Buffer.from(parts.join(""));
      const [whole, pieces] = [stream([body]), stream(cut(body, cuts))];
      expect(pieces.texts).toEqual(whole.texts);
      expect(pieces.fault?.replace(/^\d+:\d+ /, "")).toBe(whole.fault?.replace(/^\d+:\d+ /, ""));
    }),
    { numRuns: 2_000 },
  );
});

test("a large body is split in turns, with the same result and the same fault", async () => {
  const inTurns = (body: Buffer, most = 1_000_000) =>
    (xmlDecoder.splitInTurns as NonNullable<typeof xmlDecoder.splitInTurns>)(body, most, undefined);
  const body = Buffer.from(`<events>${'<event a="é">text</event><!-- - -->'.repeat(50_000)}</events>`);
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  const split = await inTurns(body);
  clearInterval(count);
  expect(turns).toBeGreaterThan(3);
  expect(split.slices).toEqual(xmlDecoder.split(body, 1_000_000, undefined).slices);
  expect((await inTurns(body, 10)).slices.length).toBe(11);
  const broken = body.subarray(0, body.length - 12);
  const faultOf = (error: unknown) => ({ ...(error as MalformedBody), message: (error as MalformedBody).message });
  const atOnce = (() => {
    try {
      return xmlDecoder.split(broken, 1_000_000, undefined);
    } catch (error) {
      return faultOf(error);
    }
  })();
  expect(await inTurns(broken).catch(faultOf)).toEqual(atOnce);
  expect(atOnce).toHaveProperty("place.line", 1);
});
