import type { Stats } from "@streamforge/shared";

/** What the connection needs from the browser; tests bring their own. */
export interface LiveSource {
  open(path: string): EventSource;
}

export interface LiveHandlers {
  /** A message came; once a second. */
  onStats: (stats: Stats) => void;
  /** The connection broke, or was refused, and will be tried again. `attempt` counts from 1 until a message comes. */
  onLost: (attempt: number) => void;
}

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 5000;
/** Messages come every second; a connection that is silent this long is half-open and would stay so for minutes. */
const SILENCE_MS = 6000;

/** Wait before the next attempt, in ms: 1, 2, 4, then 5 s. A dashboard that is being watched should come back at once. */
export const retryDelayMs = (attempt: number) => Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), MAX_RETRY_MS);

/**
 * Follows server-sent events and keeps at it. The browser's own reconnection is not enough: it gives up for good on any
 * answer that is not a 200 (a restart answers 503, a proxy 502), and never notices a half-open connection.
 * @returns a function that closes it
 */
export function followStats(
  path: string,
  handlers: LiveHandlers,
  source: LiveSource = { open: (url) => new EventSource(url) },
): () => void {
  let connection: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let closed = false;

  const after = (ms: number, next: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(next, ms);
  };
  const lose = () => {
    if (closed) return;
    connection?.close();
    attempt += 1;
    handlers.onLost(attempt);
    after(retryDelayMs(attempt), connect);
  };
  const connect = () => {
    const mine = source.open(path);
    connection = mine;
    mine.onerror = () => mine === connection && lose();
    mine.onmessage = (message) => {
      const stats = parse(message.data);
      if (!stats || mine !== connection || closed) return;
      attempt = 0;
      after(SILENCE_MS, lose);
      handlers.onStats(stats);
    };
    after(SILENCE_MS, lose);
  };

  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    connection?.close();
  };
}

/** A message that is cut off or of another version is skipped: the figures then turn stale, which is the truth. */
function parse(data: unknown): Stats | null {
  try {
    const stats = JSON.parse(String(data)) as Stats;
    return stats && typeof stats === "object" && stats.eps && stats.at ? stats : null;
  } catch {
    return null;
  }
}
