import { useSyncExternalStore } from "react";
import { formatAgo, NO_FIGURE } from "../lib/format.js";
import { onTick, serverNow } from "../lib/tick.js";
import { formatFull, useZone } from "../lib/zone.js";

/** How long ago, in words that keep up with the clock; the absolute time in the reader's zone on hover. */
export function Ago({ at, never = NO_FIGURE }: { at: string | null | undefined; never?: string }) {
  useZone();
  // The text is the snapshot: a row renders again when its words change, not each second.
  const text = useSyncExternalStore(onTick, () => (at ? formatAgo(at, serverNow()) : never));
  if (!at) return <span className="text-ink-3">{text}</span>;
  return (
    <time dateTime={at} title={formatFull(Date.parse(at))} className="whitespace-nowrap">
      {text}
    </time>
  );
}

/** The absolute time in the reader's zone, with milliseconds; RFC 3339 on hover. */
export function At({ at }: { at: string }) {
  useZone();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap">
      {Number.isNaN(ms) ? at : formatFull(ms)}
    </time>
  );
}
