import { useSyncExternalStore } from "react";

/** The reader's time zone: the browser's until they choose another one in the settings. */

const browserZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

let zone = browserZone();
let formats = makeFormats(zone);
const listeners = new Set<() => void>();

/** @param next an IANA name; `browser` is the browser's own. One that this browser does not know changes nothing. */
export function setZone(next: string): void {
  const name = next === "browser" ? browserZone() : next;
  if (name === zone) return;
  try {
    formats = makeFormats(name);
    zone = name;
    for (const listener of listeners) listener();
  } catch {
    // A name that another browser or a newer database knows.
  }
}

/** The zone in effect; renders again when it changes. */
export const useZone = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => zone,
  );

function makeFormats(timeZone: string) {
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
  const day = { year: "numeric", month: "short", day: "2-digit", timeZone } as const;
  return {
    clock: new Intl.DateTimeFormat("en-GB", { ...time, second: "2-digit" }),
    minute: new Intl.DateTimeFormat("en-GB", time),
    full: new Intl.DateTimeFormat("en-GB", { ...day, ...time, second: "2-digit", fractionalSecondDigits: 3, timeZoneName: "short" }),
    dayMinute: new Intl.DateTimeFormat("en-GB", { month: "short", day: "2-digit", ...time }),
  };
}

/** Time of day: "14:03:07". */
export const formatClock = (ms: number) => formats.clock.format(ms);
/** "14:03". */
export const formatMinute = (ms: number) => formats.minute.format(ms);
/** "21 Nov, 14:03". */
export const formatDayMinute = (ms: number) => formats.dayMinute.format(ms);
/** "21 Nov 2026, 14:03:07.123 CET". */
export const formatFull = (ms: number) => formats.full.format(ms);
