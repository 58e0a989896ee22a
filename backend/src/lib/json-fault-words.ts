/** What an answer says of a place where a text stops being JSON: what was found, and what to do. */

/** What was sent: a body that is one value, one line of NDJSON, or an item of an array. */
export type SentAs = "body" | "line" | "item";

/** An object or array that is not closed yet. */
export interface Bracket {
  isObject: boolean;
  at: number;
}

/** What may come next: a value, the key of a member, what goes behind a value. */
export type Next = "value" | "first value" | "key" | "first key" | "behind";

/** @returns the end of what matches at a place; the place itself when nothing does */
export function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

const WORDS: Record<string, string> = {
  None: "null",
  nil: "null",
  NULL: "null",
  Null: "null",
  undefined: "null, or leave the member out",
  True: "true",
  TRUE: "true",
  False: "false",
  FALSE: "false",
  NaN: 'null, or the text "NaN"',
  Infinity: 'null, or the text "Infinity"',
};

const NAMES: Record<string, string> = {
  "'": "a single quote",
  "`": "a backtick",
  "\u2018": "a typographic quote",
  "\u2019": "a typographic quote",
  "\u201c": "a typographic quote",
  "\u201d": "a typographic quote",
  "\u201e": "a typographic quote",
  "\u00a0": "a no-break space",
  "\ufeff": "a byte order mark",
};

const QUOTES = /['`\u2018\u2019\u201c-\u201e]/;

/** A character as a person can find it: itself, and its name where it cannot be seen or is easily taken for another. */
export function named(char: string): string {
  const code = `U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}`;
  const name = NAMES[char];
  if (name !== undefined) return /\s|\ufeff/.test(char) ? `${code} (${name})` : `${char} (${name})`;
  if (/[\p{Cc}\p{Cf}\p{Zs}\p{Co}\p{Cn}\p{Cs}]/u.test(char)) return char === "\t" ? "a tab" : code;
  return char;
}

const charAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at) as number);

export const escapeOf = (char: string): string =>
  ({ "\t": "\\t", "\b": "\\b", "\f": "\\f" })[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

export function noEscape(text: string, at: number): string {
  if (text[at + 1] === "u") return `found ${text.slice(at, at + 6).replace(/["\n].*/s, "")}; \\u needs four hexadecimal digits`;
  const found = at + 1 < text.length ? named(charAt(text, at + 1)) : "";
  return `found \\${found}, which is no escape; write a backslash as \\\\`;
}

/** What is the same mistake wherever it stands. */
function anywhere(text: string, at: number): string | undefined {
  const char = charAt(text, at);
  if (QUOTES.test(char)) return `found ${named(char)}; JSON has double quotes (") around texts and keys`;
  if (text.startsWith("//", at) || text.startsWith("/*", at) || char === "#") return `found a comment; JSON has none: take it out`;
  if (char === "\ufeff") return `found ${named(char)}; one may stand before the body, and nowhere else: take it out`;
  if (char !== " " && /[\p{Cc}\p{Cf}\p{Zs}]/u.test(char))
    return `found ${named(char)}; outside of texts JSON has blanks, tabs and line breaks only`;
  return undefined;
}

export function noValue(text: string, at: number, word: string, next: Next): string {
  const known = WORDS[word];
  if (known !== undefined) return `found ${word}, which is no JSON; write ${known}`;
  const char = charAt(text, at);
  const common = anywhere(text, at);
  if (common !== undefined) return common;
  if (at === 0 && char === "<") return "found <, so this looks like XML or HTML; send JSON";
  if (at === 0 && /^[\w.%+-]+=/.test(text)) return "found name=value, so this looks like a form; send JSON";
  if (text.startsWith("-Infinity", at)) return "found -Infinity, which is no JSON; write null, or a text";
  if (char === "]" && next === "value") return "found ] behind a comma; JSON has no comma behind the last item: take it out";
  if (char === ",") return "found a comma where a value belongs; take one comma out, or write null";
  if (char === "}" || char === "]") return `found ${char} where a value belongs; write the value`;
  if (char === "+") return "found +; a number in JSON has no plus sign";
  if (char === ".") return "found . before a digit; write 0. instead";
  if (char === "-") return "found - without a digit behind it; write a number, or null";
  if (word !== "") return `found ${word}; a text needs double quotes (") around it`;
  return `found ${named(char)} where a value belongs`;
}

export function noNumber(text: string, at: number, end: number): string {
  const whole = text.slice(at, Math.min(at + 40, endOf(/[\p{L}\p{N}_.+-]*/uy, text, at)));
  if (/^-?0\d/.test(whole)) return `found the number ${whole}; a number in JSON does not begin with 0: take the zeros out, or send a text`;
  if (/^-?0[xob]/i.test(whole)) return `found ${whole}; numbers in JSON are decimal`;
  if (text[end] === ".") return `found the number ${whole}; digits belong behind its point`;
  if (/^[eE]/.test(text.slice(end))) return `found the number ${whole}; digits belong behind its e`;
  return `found ${whole}, which is no number; a text needs double quotes (") around it`;
}

export function noKey(text: string, at: number, next: Next): string {
  const common = anywhere(text, at);
  if (common !== undefined) return common;
  const char = charAt(text, at);
  if (char === "}" && next === "key") return "found } behind a comma; JSON has no comma behind the last member: take it out";
  if (char === ",") return "found a comma where a key belongs; take one comma out";
  const word = text.slice(at, Math.min(at + 40, endOf(/[\p{L}\p{N}_$.-]*/uy, text, at)));
  if (word !== "") return `found ${word} where a key belongs; keys need double quotes: "${word}"`;
  return `found ${named(char)} where a key belongs; keys are texts in double quotes`;
}

export function noColon(text: string, at: number): string {
  const char = text[at];
  if (char === undefined) return "the text ends where : and a value belong; it was cut off, or not written to its end";
  return anywhere(text, at) ?? `found ${named(charAt(text, at))} where : belongs, between a key and its value`;
}

export function notBehind(text: string, at: number, isObject: boolean): string {
  const common = anywhere(text, at);
  if (common !== undefined) return common;
  const char = charAt(text, at);
  const close = isObject ? "}" : "]";
  if (char === "}" || char === "]") return `found ${char} where , or ${close} belongs: the brackets do not match`;
  if (/["{[\p{L}\p{N}-]/u.test(char)) return `found ${named(char)} where , or ${close} belongs; a comma is missing before it`;
  return `found ${named(char)} where , or ${close} belongs`;
}

export function atEnd(text: string, open: readonly Bracket[], sentAs: SentAs): string {
  const inside = open.at(-1);
  if (!inside) return text.trim() === "" ? "the text is empty" : "the text ends too early: it was cut off";
  const why = sentAs === "line" ? "in NDJSON each event is one line, with its end" : "it was cut off";
  return `the text ends, and the ${inside.isObject ? "{" : "["} is still open that stands at character ${inside.at + 1}: ${why}`;
}

export function behindTheEnd(text: string, at: number, sentAs: SentAs): string {
  const char = charAt(text, at);
  if (sentAs === "body" && (char === "{" || char === "["))
    return `found ${char} behind the end of the first value, so this looks like NDJSON; send Content-Type: application/x-ndjson, or one array`;
  if (char === ",") return "found a comma behind the end of the value; put several values into an array: [ ]";
  if (char === "}" || char === "]") return `found ${char} behind the end of the value: one bracket too many`;
  return anywhere(text, at) ?? `found ${named(char)} behind the end of the value; take out what follows it`;
}
