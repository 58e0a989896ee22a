import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { pagesFor } from "./pages.js";
import { useMay } from "./permissions.js";

export type Overlay = "palette" | "help" | null;

/** How long after `g` the second key counts, in ms. */
const SEQUENCE_MS = 1200;

/** Keys that work on every page: ⌘K or Ctrl+K, `?`, `/`, and `g` with a page's key. Never while somebody types or a window is open. */
export function useShortcuts(open: (overlay: Overlay) => void): void {
  const navigate = useNavigate();
  const may = useMay();
  useEffect(() => {
    let goAtMs = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return open("palette");
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isBusy(event.target)) return;
      if (Date.now() - goAtMs < SEQUENCE_MS) {
        goAtMs = 0;
        const page = pagesFor(may).find(({ key }) => key === event.key);
        if (!page) return;
        event.preventDefault();
        return void navigate({ to: page.path });
      }
      if (event.key === "g") goAtMs = Date.now();
      if (event.key === "?") open("help");
      if (event.key === "/") focusSearch(event);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, may, open]);
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"][data-open], [role="menu"]')) return true;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** The page's own search field, where it has one. */
function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}
