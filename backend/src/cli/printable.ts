/** What a terminal would take for a command, or would show in another order: C0 and C1 controls, DEL, and marks of direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text as it may go to a terminal: names and messages come from anybody, and an escape sequence in one could clear the screen, rewrite
 * what stands there or type an answer. Unsafe characters are shown as `\u001b`, which keeps JSON the same JSON. Line feeds stay.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for text that stands within a line, where a line feed could make another one. */
export function printableInLine(text: string): string {
  return printable(text).replaceAll("\n", "\\n");
}

/** An answer to be shown as text: no string in it can be more than a part of its line. */
export function inLine<T>(answer: T): T {
  if (typeof answer === "string") return printableInLine(answer) as T;
  if (Array.isArray(answer)) return answer.map(inLine) as T;
  if (typeof answer !== "object" || answer === null) return answer;
  return Object.fromEntries(Object.entries(answer).map(([name, value]) => [printableInLine(name), inLine(value)])) as T;
}
