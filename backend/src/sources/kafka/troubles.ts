/** What can stand in the way of a source, in words; a warning of the live page has the code. */
const WORDS = {
  "kafka-group": "the group cannot be joined",
  "kafka-away": "messages cannot be fetched",
  "kafka-commit": "offsets cannot be committed",
} as const;

export interface Trouble {
  code: keyof typeof WORDS;
  /** In words, as a sentence without its reason. */
  what: string;
  reason: string;
  sinceMs: number;
}

export interface Troubles {
  /** @param reason undefined: it is well again */
  set(code: Trouble["code"], reason: string | undefined): void;
  all(): Trouble[];
}

/** Keeps what is wrong for as long as it is, with its beginning. @param onNew told of each that begins, and of each new reason */
export function createTroubles(onNew: (trouble: Trouble) => void): Troubles {
  const held = new Map<Trouble["code"], Trouble>();
  return {
    set(code, reason) {
      const before = held.get(code);
      if (reason === undefined) {
        held.delete(code);
        return;
      }
      const trouble = { code, what: WORDS[code], reason, sinceMs: before?.sinceMs ?? Date.now() };
      held.set(code, trouble);
      if (before?.reason !== reason) onNew(trouble);
    },
    all: () => [...held.values()],
  };
}
