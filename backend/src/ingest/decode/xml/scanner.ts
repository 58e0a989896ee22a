import type { Buffer } from "node:buffer";
import type { Slice } from "../decoder.js";
import { checkDeclaration } from "./encoding.js";
import type { ScanFault } from "./fault.js";

/**
 * Finds the events of an XML document without parsing them, as `splitArray` does of a JSON array: brackets, quotes, comments and
 * CDATA decide where an element ends, so that each keeps its exact text, and a broken one does not take its neighbours with it.
 * It sees each byte once, in any pieces, and keeps nothing but where it is.
 */
export interface XmlScanner {
  /**
   * Reads on. Elements that end in this chunk are appended to `found`, with offsets in all that was scanned.
   * @returns the fault that ends the document here; what was found before it counts
   */
  scan(chunk: Buffer, found: Slice[], most: number): ScanFault | undefined;
  /** The document ends here. */
  end(): ScanFault | undefined;
  /** The first byte that is still needed: where the element or tag that is not whole begins. */
  neededFrom(): number;
  /** Everything before this is decided when what was found is: the document can be continued here. */
  safeOffset(): number;
  /** Whether the root is the one event. */
  isSingle(): boolean;
}

/** Where in the document: before its root, between the events of a list, within an event, behind its root. */
type Where = "prolog" | "list" | "event" | "epilog";

const TEXT = 0;
/** Behind `<`. */
const OPENED = 1;
/** In a start tag, and in a quoted value of it. */
const TAG = 2;
const QUOTED = 3;
const CLOSING = 4;
/** Behind `<!`. */
const BANG = 5;
const COMMENT = 6;
const CDATA = 7;
const INSTRUCTION = 8;

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const QUESTION = 0x3f;
const EXCLAMATION = 0x21;
const DASH = 0x2d;
const BRACKET = 0x5d;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
/** A letter, `_`, `:` or a byte of a longer character. */
const beginsName = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || byte === 0x3a || byte >= 0x80;
/** Names and declarations that are looked at are never longer. */
const MOST_WORD = 200;

/** @param continued the document's beginning was read before: only events and the end of the list are to come */
export function createXmlScanner(continued: boolean): XmlScanner {
  let where: Where = continued ? "list" : "prolog";
  let state = TEXT;
  let isSingle = false;
  /** Bytes scanned before this chunk. */
  let base = 0;
  /** Elements that are open in this event, itself included. */
  let depth = 0;
  let eventAt = 0;
  /** Where the markup begins that is being read, and its first bytes: a name, a declaration, what follows `<!`. */
  let markupAt = 0;
  let word = "";
  let quote = 0;
  let before = 0;
  /** How many of the bytes that end a comment, CDATA or instruction were just seen. */
  let closing = 0;
  let anything = false;

  const add = (byte: number): void => {
    // Within an event nobody asks for names, but for what follows `<!`.
    if ((where !== "event" || state === BANG) && word.length < MOST_WORD) word += String.fromCharCode(byte);
  };
  const nameOf = (): string => /^[^\s/>]*/.exec(word)?.[0] ?? "";
  const isList = (name: string): boolean => name === "events" || name.endsWith(":events");

  /** A start tag is whole; `end` is behind it. */
  const opened = (end: number, isEmpty: boolean, found: Slice[]): string | undefined => {
    state = TEXT;
    if (where === "event") {
      if (!isEmpty) depth++;
      return undefined;
    }
    if (where === "epilog") return `found a second root element, ${nameOf()}: send several events inside <events>`;
    if (where === "prolog" && isList(nameOf())) {
      where = isEmpty ? "epilog" : "list";
      return undefined;
    }
    if (where === "prolog") isSingle = true;
    eventAt = markupAt;
    if (!isEmpty) {
      where = "event";
      depth = 1;
    } else {
      where = isSingle ? "epilog" : "list";
      found.push({ start: eventAt, end });
    }
    return undefined;
  };
  /** An end tag is whole. */
  const closed = (end: number, found: Slice[]): string | undefined => {
    state = TEXT;
    if (where === "event") {
      if (--depth > 0) return undefined;
      where = isSingle ? "epilog" : "list";
      found.push({ start: eventAt, end });
      return undefined;
    }
    if (where !== "list" || !isList(nameOf())) return `found </${nameOf()}>, which closes nothing that is open`;
    where = "epilog";
    return undefined;
  };
  const outside = (): string =>
    where === "list"
      ? "found text between events"
      : where === "prolog"
        ? "found text before the first element"
        : "found text behind the end";
  /** Behind `<!`: a comment, CDATA, or what is refused. */
  const bang = (): string | undefined => {
    if (word === "--") {
      [state, closing] = [COMMENT, 0];
      return undefined;
    }
    if (word === "[CDATA[" && where === "event") {
      [state, closing] = [CDATA, 0];
      return undefined;
    }
    if ("--".startsWith(word) || (where === "event" && "[CDATA[".startsWith(word))) return undefined;
    // Within an event its own reader says what is wrong with it.
    state = TEXT;
    if (where === "event") return undefined;
    return /^D/i.test(word) ? "found a DOCTYPE: none is taken" : "found <! that begins no comment";
  };
  const instructed = (): ScanFault | undefined => {
    state = TEXT;
    if (where === "event") return undefined;
    if (/^xml[\s?]/.test(word) && markupAt === 0 && where === "prolog") return checkDeclaration(word, markupAt);
    return { message: `found the processing instruction ${/^[^\s?]*/.exec(word)?.[0]}: none are taken`, at: markupAt };
  };

  return {
    scan(chunk, found, most) {
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i] as number;
        let fault: string | undefined;
        switch (state) {
          case TEXT:
            if (where === "event") {
              const next = byte === LT ? i : chunk.indexOf(LT, i);
              if (next < 0) {
                i = chunk.length;
                break;
              }
              i = next;
            } else if (byte !== LT) {
              if (!isSpace(byte)) return { message: outside(), at: base + i };
              break;
            }
            anything = true;
            [state, markupAt, word] = [OPENED, base + i, ""];
            break;
          case OPENED:
            if (byte === SLASH) state = CLOSING;
            else if (byte === EXCLAMATION) state = BANG;
            else if (byte === QUESTION) [state, closing] = [INSTRUCTION, 0];
            else if (beginsName(byte)) {
              [state, before] = [TAG, byte];
              add(byte);
            } else if (where === "event") {
              state = TEXT;
              i--;
            } else fault = "found < without a name behind it";
            break;
          case TAG:
            if (byte === GT) {
              fault = opened(base + i + 1, before === SLASH, found);
              if (found.length >= most) return undefined;
            } else if (byte === LT) {
              // Broken: no `<` stands in a tag. What follows is taken for the next markup, so that the neighbours are found.
              fault = opened(base + i, false, found);
              i--;
            } else if (byte === 0x22 || byte === 0x27) [state, quote] = [QUOTED, byte];
            before = byte;
            add(byte);
            break;
          case QUOTED:
            if (byte === quote) state = TAG;
            else if (byte === LT) {
              fault = opened(base + i, false, found);
              i--;
            }
            before = byte;
            break;
          case CLOSING:
            if (byte === GT || byte === LT) {
              fault = closed(byte === GT ? base + i + 1 : base + i, found);
              if (byte === LT) i--;
              if (found.length >= most) return undefined;
            } else add(byte);
            break;
          case BANG:
            add(byte);
            fault = bang();
            if ((state as number) === TEXT && byte === LT) i--;
            break;
          case INSTRUCTION:
            if (byte === GT && closing > 0) {
              const refused = instructed();
              if (refused) return refused;
            } else add(byte);
            closing = byte === QUESTION ? 1 : 0;
            break;
          default: {
            // A comment or CDATA: nothing in it counts but its end.
            const mark = state === COMMENT ? DASH : BRACKET;
            if (byte === GT && closing >= 2) state = TEXT;
            else if (byte === mark) closing++;
            else {
              closing = 0;
              const next = chunk.indexOf(mark, i + 1);
              i = next < 0 ? chunk.length : next - 1;
            }
          }
        }
        if (fault !== undefined) return { message: fault, at: where === "epilog" || state === TEXT ? markupAt : base + i };
      }
      base += chunk.length;
      return undefined;
    },
    end() {
      if (where === "epilog" && state === TEXT) return undefined;
      // What was sent before a resumption may have been all.
      if (continued && !anything) return undefined;
      if (!anything) return { message: "the body is empty: send one event as an XML element, or several inside <events>", at: base };
      const what = where === "event" ? "the event" : where === "list" ? "<events>" : "the document";
      return { message: `the body ends, and ${what} is not closed: it was cut off, or a quote or tag is not closed before`, at: base };
    },
    neededFrom() {
      if (where === "event") return eventAt;
      return state === OPENED || state === TAG || state === QUOTED ? markupAt : base;
    },
    safeOffset() {
      if (where === "prolog") return 0;
      if (where === "event") return isSingle ? 0 : eventAt;
      return state === TEXT ? base : markupAt;
    },
    isSingle: () => isSingle,
  };
}
