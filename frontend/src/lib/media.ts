import { useSyncExternalStore } from "react";

/** Follows a media query: `useMedia("(min-width: 48rem)")`. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

/** Room for a list and a panel beside it. */
export const useWide = () => useMedia("(min-width: 64rem)");
/** A phone: tables show their main columns only. */
export const useNarrow = () => useMedia("(max-width: 47.99rem)");
