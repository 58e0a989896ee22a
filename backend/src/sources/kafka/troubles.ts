/** What stands in the way of a source now. */
export interface Trouble {
  /** In words, as a sentence without its reason. */
  what: string;
  reason: string;
  sinceMs: number;
}

export interface Troubles {
  /** @param reason undefined: it is well again */
  set(what: string, reason: string | undefined): void;
  all(): Trouble[];
}

/** Keeps what is wrong for as long as it is, with its beginning. @param onNew told of each that begins, and of each new reason */
export function createTroubles(onNew: (trouble: Trouble) => void): Troubles {
  const held = new Map<string, Trouble>();
  return {
    set(what, reason) {
      const before = held.get(what);
      if (reason === undefined) {
        held.delete(what);
        return;
      }
      const trouble = { what, reason, sinceMs: before?.sinceMs ?? Date.now() };
      held.set(what, trouble);
      if (before?.reason !== reason) onNew(trouble);
    },
    all: () => [...held.values()],
  };
}
