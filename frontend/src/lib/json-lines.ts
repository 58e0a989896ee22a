import { exactNumber } from "./exact-json.js";

/** One line of pretty-printed JSON, in parts that can be coloured. */
export interface JsonLine {
  depth: number;
  /** The member's name, already quoted; undefined in arrays and at the top. */
  key?: string;
  text: string;
  kind: "string" | "number" | "literal" | "punctuation";
  /** JSON Pointer of the value that this line begins; undefined for a line that only closes. */
  pointer?: string;
}

/** A value as the lines of `JSON.stringify(value, null, 2)`, each with the JSON Pointer of what it begins. */
export function jsonLines(value: unknown): JsonLine[] {
  const lines: JsonLine[] = [];
  write(lines, value, { depth: 0, pointer: "", comma: "" });
  return lines;
}

interface Place {
  depth: number;
  pointer: string;
  key?: string;
  comma: string;
}

function write(lines: JsonLine[], value: unknown, place: Place): void {
  const { depth, pointer, key, comma } = place;
  const number = exactNumber(value);
  if (number !== undefined || value === null || typeof value !== "object") {
    const text = number ?? JSON.stringify(value) ?? "null";
    lines.push({ depth, key, text: text + comma, kind: number === undefined ? kindOf(value) : "number", pointer });
    return;
  }
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, close] = list ? "[]" : "{}";
  if (entries.length === 0) {
    lines.push({ depth, key, text: `${open}${close}${comma}`, kind: "punctuation", pointer });
    return;
  }
  lines.push({ depth, key, text: open as string, kind: "punctuation", pointer });
  entries.forEach(([name, member], index) => {
    const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
    write(lines, member, {
      depth: depth + 1,
      pointer: `${pointer}/${token}`,
      key: list ? undefined : JSON.stringify(name),
      comma: index < entries.length - 1 ? "," : "",
    });
  });
  lines.push({ depth, text: `${close}${comma}`, kind: "punctuation" });
}

function kindOf(value: unknown): JsonLine["kind"] {
  if (typeof value === "string") return "string";
  return typeof value === "number" ? "number" : "literal";
}

/** The lines as text, as they are shown. */
export const lineText = ({ depth, key, text }: JsonLine) => `${"  ".repeat(depth)}${key === undefined ? "" : `${key}: `}${text}`;
