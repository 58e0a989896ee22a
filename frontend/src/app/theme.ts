import { useSyncExternalStore } from "react";

/** Colours: the system's until the reader chooses. `public/theme.js` applies the same choice before the first paint. */

export type ThemeChoice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

const KEY = "streamforge.theme";
const choices: readonly ThemeChoice[] = ["system", "light", "dark"];
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

let choice: ThemeChoice = read();

function read(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY) as ThemeChoice;
    return choices.includes(kept) ? kept : "system";
  } catch {
    return "system";
  }
}

const resolved = (): Theme => (choice === "system" ? (systemDark.matches ? "dark" : "light") : choice);

function apply(): void {
  document.documentElement.dataset["theme"] = resolved();
  for (const listener of listeners) listener();
}

systemDark.addEventListener("change", apply);

/** Keeps the choice for the next visit, where storage is allowed. */
export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Forbidden storage costs only the memory of the choice.
  }
  apply();
}

/** The one after `current`, for a button that goes through them. */
export const nextTheme = (current: ThemeChoice): ThemeChoice => choices[(choices.indexOf(current) + 1) % choices.length] as ThemeChoice;

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The reader's choice. */
export const useThemeChoice = () => useSyncExternalStore(subscribe, () => choice);
/** The colours in effect. */
export const useTheme = () => useSyncExternalStore(subscribe, resolved);
