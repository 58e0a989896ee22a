import type { KeyState, ListedKey } from "@streamforge/shared";
import type { Tone } from "../../ui/badge.js";

/** Where a key stands, in words; the tone repeats them. */
interface Standing {
  text: string;
  tone: Tone;
}

const stateWords: Record<KeyState, Standing> = {
  active: { text: "Active", tone: "good" },
  replaced: { text: "Being replaced", tone: "warn" },
  expired: { text: "Expired", tone: "neutral" },
  revoked: { text: "Revoked", tone: "neutral" },
};

// Not the shared list: 62 kB of schemas come with it.
export const states = Object.keys(stateWords) as KeyState[];
export const stateChoices = states.map((value) => ({ value, label: stateWords[value].text }));

/** A key that ends within this is worth a warning, in ms. */
const SOON_MS = 7 * 86_400_000;

export function standingOf({ state, expiresAt }: Pick<ListedKey, "state" | "expiresAt">, nowMs: number): Standing {
  const soon = state === "active" && expiresAt !== null && Date.parse(expiresAt) - nowMs < SOON_MS;
  return soon ? { text: "Ends soon", tone: "warn" } : stateWords[state];
}

/** Whether it still opens the door. */
export const isUsable = ({ state }: Pick<ListedKey, "state">) => state === "active" || state === "replaced";

/** Whether the programs of a key that has a successor have changed over to that. */
export function changeOver({ stillUsed, successorLastUsedAt }: NonNullable<ListedKey["rotation"]>): string {
  if (stillUsed) return "still used";
  return successorLastUsedAt ? "changed over" : "successor unused";
}
