import { type FieldError, INPUT_NAMES, type PatchOperation } from "@streamforge/shared";
import { canonicalContent } from "../lib/canonical.js";
import { elementsOf, membersOf, type Span, wholeValue } from "../lib/json-text.js";

/** A patch that cannot be applied to this event; its message says why. */
export class PatchError extends Error {
  override name = "PatchError";

  /** @param identity it would change who the event is */
  constructor(
    message: string,
    readonly identity = false,
  ) {
    super(message);
  }
}

/** An operation whose value is JSON text, as it was written. */
export type TextOperation = Pick<PatchOperation, "op" | "path"> & { from?: string; value?: string };

/** The operations of a patch. @param text an array of RFC 6902 operations that has been checked before */
export function readPatch(text: string): TextOperation[] {
  return elementsOf(text, wholeValue(text).start).map(({ start }) => {
    const members = new Map(membersOf(text, start).map((member) => [member.key, text.slice(member.start, member.end)]));
    const { op, path, from } = Object.fromEntries(
      ["op", "path", "from"].map((key) => [key, JSON.parse(members.get(key) ?? "null") ?? undefined]),
    ) as Omit<TextOperation, "value">;
    const value = members.get("value");
    return { op, path, ...(from === undefined ? {} : { from }), ...(value === undefined ? {} : { value }) };
  });
}

/** What identifies an event or chooses its shard. `subject` and `partitionKey` may do so, too: that differs from event to event. */
const NEVER: ReadonlySet<string> = new Set([...INPUT_NAMES.eventId, ...INPUT_NAMES.userId]);

/** What can stand in for a missing userId. */
const SUBSTITUTES: ReadonlySet<string> = new Set([...INPUT_NAMES.partitionKey, ...INPUT_NAMES.subject]);

/**
 * What no event may have changed: the fields that are its identity or its shard key, and the event as a whole, which has them.
 * @returns one error per operation that would, by its place in the request
 */
export function forbiddenOperations(patch: readonly TextOperation[]): FieldError[] {
  return patch.flatMap((operation, index) =>
    writtenBy(operation).flatMap(([member, path]) => {
      const [, field] = path.split("/");
      if (field === undefined)
        return [{ pointer: `/patch/${index}/${member}`, detail: "would replace the whole event, its eventId included" }];
      if (!NEVER.has(unescaped(field))) return [];
      return [
        { pointer: `/patch/${index}/${member}`, detail: `would touch ${unescaped(field)}: an event keeps its identity and its user` },
      ];
    }),
  );
}

/** Whether it depends on the event if this patch may be applied: it writes a field that can stand in for userId. */
export function mayTouchUser(patch: readonly TextOperation[]): boolean {
  return patch.some((operation) => writtenBy(operation).some(([, path]) => SUBSTITUTES.has(unescaped(path.split("/")[1] ?? ""))));
}

function writtenBy(operation: TextOperation): ["path" | "from", string][] {
  if (operation.op === "test") return [];
  return operation.op === "move"
    ? [
        ["path", operation.path],
        ["from", fromOf(operation)],
      ]
    : [["path", operation.path]];
}

/**
 * Applies the patch in the text itself (see `lib/json-text.ts`). Of a repeated key the last one counts, as for `JSON.parse`;
 * `remove` removes all of them.
 * @param text the event as it was sent
 * @param maxBytes the largest event; a patch that copies could double it with every operation
 * @throws PatchError when it cannot be applied, or would change who the event is
 */
export function applyPatch(text: string, patch: readonly TextOperation[], maxBytes: number): string {
  let patched = text;
  for (const [index, operation] of patch.entries()) {
    try {
      patched = apply(patched, operation);
    } catch (error) {
      throw new PatchError(`operation ${index} (${operation.op} ${operation.path}): ${(error as Error).message}`);
    }
    if (patched.length > maxBytes) throw new PatchError(`operation ${index} makes the event larger than ${maxBytes} bytes`);
  }
  const before = identityOf(text);
  const after = identityOf(patched);
  if (before.eventId !== after.eventId) throw new PatchError("it would change the event's eventId", true);
  if (before.user !== after.user) throw new PatchError(`it would change the event's user, which comes from ${before.userFrom}`, true);
  return patched;
}

/** The fields that make an event's identity and its user, as they were sent. */
function identityOf(text: string): { eventId: string; user: string; userFrom: string } {
  const fields = new Map(membersOf(text, wholeValue(text).start).map(({ key, start, end }) => [key, text.slice(start, end)]));
  const winner = (names: readonly string[]) => names.find((name) => (fields.get(name) ?? "null") !== "null");
  const { eventId, userId, partitionKey, subject } = INPUT_NAMES;
  const idFrom = winner(eventId);
  const userFrom = winner(userId) ?? winner(partitionKey) ?? winner(subject) ?? idFrom;
  const said = (name: string | undefined) => (name === undefined ? "" : `${name}=${canonicalContent(fields.get(name) as string)}`);
  return { eventId: said(idFrom), user: said(userFrom), userFrom: userFrom ?? "its eventId" };
}

function apply(text: string, operation: TextOperation): string {
  const tokens = tokensOf(operation.path);
  switch (operation.op) {
    case "add":
      return add(text, tokens, textOfValue(operation));
    case "replace":
      return splice(text, find(text, tokens), textOfValue(operation));
    case "remove":
      return remove(text, tokens);
    case "copy":
      return add(text, tokens, slice(text, find(text, tokensOf(fromOf(operation)))));
    case "move": {
      if (`${operation.path}/`.startsWith(`${fromOf(operation)}/`) && operation.path !== operation.from)
        throw new PatchError("a value cannot be moved into itself");
      const from = tokensOf(fromOf(operation));
      return add(remove(text, from), tokens, slice(text, find(text, from)));
    }
    case "test": {
      const found = slice(text, find(text, tokens));
      if (canonicalContent(found) !== canonicalContent(textOfValue(operation)))
        throw new PatchError("the test fails: another value is there");
      return text;
    }
  }
}

const fromOf = ({ from = "" }: TextOperation): string => from;
const textOfValue = ({ value = "null" }: TextOperation): string => value;

function add(text: string, tokens: string[], value: string): string {
  const name = tokens.at(-1);
  if (name === undefined) return value;
  const parent = find(text, tokens.slice(0, -1));
  if (text[parent.start] === "{") {
    const members = membersOf(text, parent.start);
    const existing = members.findLast(({ key }) => key === name);
    if (existing) return splice(text, existing, value);
    const member = `${JSON.stringify(name)}:${value}`;
    return insertBehind(text, members.at(-1)?.end, parent.start, member);
  }
  if (text[parent.start] !== "[") throw new PatchError("what it would be added to is neither an object nor an array");
  const elements = elementsOf(text, parent.start);
  const index = name === "-" ? elements.length : indexOf(name);
  if (index === undefined || index > elements.length) throw new PatchError(`${name} is no index of this array`);
  const here = elements[index];
  return here
    ? splice(text, { start: here.start, end: here.start }, `${value},`)
    : insertBehind(text, elements.at(-1)?.end, parent.start, value);
}

/** Behind the last one when there is one, else as the first. */
function insertBehind(text: string, lastEnd: number | undefined, containerStart: number, what: string): string {
  const at = lastEnd ?? containerStart + 1;
  return splice(text, { start: at, end: at }, lastEnd === undefined ? what : `,${what}`);
}

function remove(text: string, tokens: string[]): string {
  const name = tokens.at(-1);
  if (name === undefined) throw new PatchError("the whole event cannot be removed");
  const parentTokens = tokens.slice(0, -1);
  find(text, tokens);
  let left = text;
  // A repeated key: what stands before the last one would come to light.
  for (;;) {
    const parent = find(left, parentTokens);
    const isObject = left[parent.start] === "{";
    const all = isObject
      ? membersOf(left, parent.start).map(({ key, keyStart, end }) => ({ key, start: keyStart, end }))
      : elementsOf(left, parent.start).map((span, index) => ({ key: String(index), ...span }));
    const at = all.findLastIndex(({ key }) => key === name);
    if (at < 0) return left;
    const [before, it, behind] = [all[at - 1], all[at] as Span, all[at + 1]];
    left = splice(left, before ? { start: before.end, end: it.end } : { start: it.start, end: behind?.start ?? it.end }, "");
    if (!isObject) return left;
  }
}

/** @throws PatchError when there is nothing */
function find(text: string, tokens: string[]): Span {
  let span = wholeValue(text);
  for (const [depth, token] of tokens.entries()) {
    const child = childOf(text, span, token);
    if (!child)
      throw new PatchError(
        `there is no /${tokens
          .slice(0, depth + 1)
          .map(escaped)
          .join("/")}`,
      );
    span = child;
  }
  return span;
}

function childOf(text: string, { start }: Span, token: string): Span | undefined {
  if (text[start] === "{") return membersOf(text, start).findLast(({ key }) => key === token);
  const index = text[start] === "[" ? indexOf(token) : undefined;
  return index === undefined ? undefined : elementsOf(text, start)[index];
}

function indexOf(token: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(token) ? Number(token) : undefined;
}

function splice(text: string, { start, end }: Span, what: string): string {
  return text.slice(0, start) + what + text.slice(end);
}

function slice(text: string, { start, end }: Span): string {
  return text.slice(start, end);
}

function tokensOf(pointer: string): string[] {
  return pointer.split("/").slice(1).map(unescaped);
}

function unescaped(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

function escaped(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}
