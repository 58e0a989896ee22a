import { Buffer } from "node:buffer";
import { MalformedBody } from "../decoder.js";
import type { ScanFault } from "./fault.js";

/** Makes UTF-8 of a document as it arrives. */
export interface XmlEncoding {
  /** Bytes of a mark before the document. */
  markBytes: number;
  /** Bytes that these, in UTF-8, took as they were sent. */
  sentBytes(utf8: Buffer): number;
  isUtf8: boolean;
  /** @throws MalformedBody when the bytes are none of this encoding */
  decode(bytes: Buffer, isLast: boolean): Buffer;
}

const UTF8: XmlEncoding = { markBytes: 0, isUtf8: true, sentBytes: (utf8) => utf8.length, decode: (bytes) => bytes };

/** This many bytes are enough to tell the encoding. */
export const ENCODING_BYTES = 4;

/**
 * The encoding of a document: UTF-8, or UTF-16 with a byte order mark. The mark wins over what the media type says.
 * @param head its first `ENCODING_BYTES`, or all of it
 * @param continued these are not its first bytes: a mark is not to be expected, and `<` tells
 * @throws MalformedBody (415) for every other one
 */
export function encodingOf(head: Buffer, charset: string | undefined, continued: boolean): XmlEncoding {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) throw unsupported("UTF-32");
  if (a === 0xff && b === 0xfe) return utf16("utf-16le", 2);
  if (a === 0xfe && b === 0xff) return utf16("utf-16be", 2);
  if (a === 0xef && b === 0xbb && c === 0xbf) return { ...UTF8, markBytes: 3 };
  const order = a === 0 && b !== 0 ? "utf-16be" : a !== 0 && b === 0 ? "utf-16le" : undefined;
  if (order !== undefined && continued) return utf16(order, 0);
  if (order !== undefined) throw unsupported("UTF-16 without a byte order mark");
  if (charset !== undefined && !TAKEN.test(charset)) throw unsupported(charset);
  return UTF8;
}

const TAKEN = /^(?:utf-?8|us-ascii)$/i;

/** The XML declaration. @param text of `<?xml … ?>` what stands behind `<?` */
export function checkDeclaration(text: string, at: number): ScanFault | undefined {
  const version = /\bversion\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (version !== undefined && version !== "1.0") return { message: `found XML ${version.slice(0, 20)}: only 1.0 is taken`, at };
  const encoding = /\bencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  // The byte order mark has said that it is UTF-16, and it has been read as that.
  if (encoding === undefined || TAKEN.test(encoding) || /^utf-?16/i.test(encoding)) return undefined;
  return { message: sentence(encoding), at, code: "unsupported-media-type" };
}

function unsupported(encoding: string): MalformedBody {
  return new MalformedBody(sentence(encoding), undefined, "unsupported-media-type");
}

function sentence(encoding: string): string {
  return `The encoding ${encoding.slice(0, 40)} is not taken: send UTF-8, or UTF-16 with a byte order mark`;
}

function utf16(label: "utf-16le" | "utf-16be", markBytes: number): XmlEncoding {
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  return {
    markBytes,
    isUtf8: false,
    sentBytes: (utf8) => utf8.toString("utf8").length * 2,
    decode(bytes, isLast) {
      try {
        return Buffer.from(decoder.decode(bytes, { stream: !isLast }), "utf8");
      } catch {
        throw new MalformedBody("The body is not UTF-16, as its byte order mark says", undefined, "invalid-xml");
      }
    },
  };
}
