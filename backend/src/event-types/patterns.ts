import { RE2JS } from "re2js";

/** What ajv needs of a compiled pattern; `toString` is under which it shares it. */
interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/** Set while a pattern is being matched. */
let matching: (() => void) | undefined;

/** Patterns are matched in linear time by RE2's method: none can be made to backtrack for hours, as JavaScript's own can. */
export function linearRegExp(pattern: string): Pattern {
  let compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  const renew = (): void => {
    compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  };
  return {
    test(text) {
      matching = renew;
      const matches = compiled.test(text);
      matching = undefined;
      return matches;
    },
    toString: () => pattern,
  };
}
/** A match that was ended from outside has left its automaton half built: it is made anew. */
export function repairPattern(): void {
  matching?.();
  matching = undefined;
}

// For ajv's standalone code, which is not used here; its type asks for it.
linearRegExp.code = "linearRegExp";

/** Why a pattern cannot be used, or its size in instructions. */
export function judgePattern(pattern: string): string | number {
  if (!isEcma(pattern)) return "is not a regular expression (ECMA-262)";
  const unsupported = UNSUPPORTED.find(([sign]) => sign.test(pattern));
  if (unsupported) return `uses ${unsupported[1]}, which cannot be matched in linear time and is not supported`;
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern)).programSize();
  } catch (error) {
    return `cannot be matched in linear time (RE2 syntax): ${(error as Error).message.replace("error parsing regexp: ", "")}`;
  }
}

/** An escaped backslash before the sign is no escape of the sign. */
const UNSUPPORTED: [RegExp, string][] = [
  [/(?<!\\)(?:\\\\)*\(\?<?[=!]/, "a look-around"],
  [/(?<!\\)(?:\\\\)*\\(?:[1-9]|k<)/, "a back reference"],
];

/** With the flag `u`, as the draft says, or without it: many real patterns escape more than `u` allows. */
function isEcma(pattern: string): boolean {
  return ["u", ""].some((flags) => {
    try {
      new RegExp(pattern, flags);
      return true;
    } catch {
      return false;
    }
  });
}
