import { Buffer } from "node:buffer";
import { SaxesParser } from "saxes";
import type { JsonFault } from "../../../lib/json-fault.js";

/**
 * The mapping of XML to JSON. It knows no schema: every text is a string, so that what an event is identified by does not change
 * with its type's schema (`ingest/typed.ts` makes numbers and booleans of strings, where the schema says so).
 *
 *     <event><eventId>e-1</eventId><tag>a</tag><tag>b</tag><note lang="en">hi</note><end/></event>
 *     {"eventId":"e-1","tag":["a","b"],"note":{"@lang":"en","#text":"hi"},"end":""}
 */

/** Why an element is no event. */
export class XmlFault extends Error {
  constructor(
    message: string,
    readonly code: "invalid-xml" | "invalid-event",
    /** Its place in the element; known of what is not well-formed. */
    readonly fault?: JsonFault,
  ) {
    super(message);
  }
}

/** Text that passed the door is never deeper, whatever limit the door had then; far from what the stack holds. */
const MOST_LEVELS = 1_000;
/** More attributes on one element are refused: comparing their names costs their square. */
export const MOST_ATTRIBUTES = 1_000;
const NIL = "xsi:nil";

interface Node {
  name: string;
  attributes: [name: string, value: string][];
  text: string;
  children: Map<string, Node[]> | undefined;
}

/**
 * The JSON text of one element.
 * @param text the element, without anything around it
 * @throws XmlFault
 */
export function xmlToJson(text: string, mostLevels = MOST_LEVELS): string {
  return objectText(parse(text, mostLevels), true);
}

/** The five that XML itself defines. Without a prototype: `&constructor;` is none. */
const ENTITIES: Record<string, string> = Object.assign(Object.create(null), { amp: "&", gt: ">", lt: "<", quot: '"', apos: "'" });

function parse(text: string, mostLevels: number): Node {
  const parser = new SaxesParser({ position: false });
  const open: Node[] = [];
  let root: Node | undefined;
  /** Closed last: an end tag that fits another element is said to be one only after this. */
  let last: Node | undefined;
  parser.ENTITIES = ENTITIES;
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length > mostLevels) throw new XmlFault(`is nested deeper than ${mostLevels} levels`, "invalid-event");
    const given = Object.entries(attributes as Record<string, string>);
    if (given.length > MOST_ATTRIBUTES) throw new XmlFault(`has more than ${MOST_ATTRIBUTES} attributes in one element`, "invalid-event");
    const node: Node = { name, attributes: given, text: "", children: undefined };
    const parent = open.at(-1);
    if (!parent) root = node;
    else {
      parent.children ??= new Map();
      const same = parent.children.get(name);
      if (same) same.push(node);
      else parent.children.set(name, [node]);
    }
    open.push(node);
  });
  const addText = (part: string): void => {
    const node = open.at(-1);
    if (node) node.text += part;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    last = open.pop();
  });
  parser.on("processinginstruction", ({ target }) => {
    throw refused(text, parser, `found the processing instruction ${target}: none are taken`);
  });
  parser.on("error", (error) => {
    throw refused(text, parser, wordsFor(error.message, text.slice(0, parser.position), last?.name));
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof XmlFault) throw error;
    throw refused(text, parser, (error as Error).message);
  }
  return root as Node;
}

/** Behind what was read when it was found. */
function refused(text: string, { position }: SaxesParser, message: string): XmlFault {
  const before = text.slice(0, position);
  const lines = before.split("\n");
  const fault = {
    offset: Buffer.byteLength(before),
    line: lines.length,
    column: [...(lines.at(-1) as string)].length,
    message,
  };
  return new XmlFault(message, "invalid-xml", fault);
}

/** What the parser found, with the names that it leaves out. */
function wordsFor(message: string, before: string, closed: string | undefined): string {
  const tail = before.slice(-300);
  if (message.includes("undefined entity")) {
    const name = /&([^&;]*);?$/.exec(tail)?.[1] ?? "";
    return `found the entity ${name.slice(0, 100)}: only amp, lt, gt, quot, apos and character references are taken`;
  }
  if (message.includes("doctype") || /<!DOCTYPE$/i.test(tail)) return "found a DOCTYPE: none is taken";
  if (message.includes("unexpected close tag") || message.includes("unmatched closing tag")) {
    const name = /<\/([^<>]*)>?$/.exec(tail)?.[1]?.trim() ?? "";
    return `found </${name.slice(0, 100)}>${closed === undefined ? "" : `, where </${closed.slice(0, 100)}> should close the element`}`;
  }
  if (before.lastIndexOf("&") > before.lastIndexOf(";")) return "found & that begins no entity; write it as &amp;";
  return message.replace(/\.$/, "");
}

/** An element as JSON: text alone is a string, everything else an object. */
function valueText(node: Node): string {
  const { attributes, children, text } = node;
  if (attributes.length === 0 && children === undefined) return JSON.stringify(text);
  if (attributes.length === 1 && isNil(node)) return "null";
  return objectText(node, false);
}

function isNil({ attributes, children, text }: Node): boolean {
  return (
    children === undefined && text.trim() === "" && attributes.some(([name, value]) => name === NIL && /^\s*(?:true|1)\s*$/.test(value))
  );
}

/** Attributes, text, then elements in the order in which their names first appear. White space between elements is none. */
function objectText(node: Node, isRoot: boolean): string {
  const { attributes, children, text } = node;
  const nil = !isRoot && isNil(node);
  const members: string[] = [];
  for (const [name, value] of attributes) if (!nil || name !== NIL) members.push(`${JSON.stringify(`@${name}`)}:${JSON.stringify(value)}`);
  if (nil) members.push('"#text":null');
  else if (text !== "" && ((children === undefined && !isRoot) || text.trim() !== "")) members.push(`"#text":${JSON.stringify(text)}`);
  for (const [name, nodes] of children ?? []) {
    const values = nodes.map(valueText);
    members.push(`${JSON.stringify(name)}:${values.length === 1 ? values[0] : `[${values.join(",")}]`}`);
  }
  return `{${members.join(",")}}`;
}
