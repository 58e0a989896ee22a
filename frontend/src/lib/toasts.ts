import { useSyncExternalStore } from "react";

export interface ToastMessage {
  id: number;
  tone: "good" | "bad" | "neutral";
  text: string;
}

/** Long enough to read two lines; an error stays until it is closed. */
const SHOWN_MS = 5000;
const MOST = 4;

let shown: readonly ToastMessage[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly ToastMessage[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Says what has happened, at the edge of the page: `toast("Key revoked.", "good")`. */
export function toast(text: string, tone: ToastMessage["tone"] = "neutral"): void {
  const id = nextId++;
  set([...shown, { id, tone, text }].slice(-MOST));
  if (tone !== "bad") setTimeout(() => closeToast(id), SHOWN_MS);
}

export function closeToast(id: number): void {
  set(shown.filter((each) => each.id !== id));
}

export const useToasts = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
