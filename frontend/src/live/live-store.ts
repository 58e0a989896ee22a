import type { History, Stats } from "@streamforge/shared";
import { LIVE_STATS_PATH } from "../api/stats.js";
import { followStats } from "./follow.js";

export type HistoryPoint = History["points"][number];

export interface LiveState {
  stats: Stats | null;
  /** When the newest snapshot came, by the browser's clock in ms; null before the first. */
  freshAtMs: number | null;
  /** Server's clock minus the browser's, in ms, so that the chart's axis and ages are the server's. */
  clockOffsetMs: number;
  /** Failed attempts since the last message; 0 while connected. */
  attempt: number;
  /** How often the stream came back after a break: history is fetched again to fill the gap. */
  comebacks: number;
  /** The last 10 min, about a second apart, oldest first. */
  points: readonly HistoryPoint[];
}

const KEEP_POINTS = 600;

const initial: LiveState = { stats: null, freshAtMs: null, clockOffsetMs: 0, attempt: 0, comebacks: 0, points: [] };

/** The next state after a message. A snapshot that was seen before changes nothing, so the figures turn stale with it. */
export function withStats(state: LiveState, stats: Stats, nowMs: number): LiveState {
  const back = state.attempt > 0 && state.stats ? 1 : 0;
  const connected = { ...state, attempt: 0, comebacks: state.comebacks + back };
  if (state.stats?.at === stats.at) return connected;
  const point: HistoryPoint = { at: stats.at, ...stats.eps, backlog: stats.backlog.events };
  return {
    ...connected,
    stats,
    freshAtMs: nowMs,
    clockOffsetMs: Date.parse(stats.at) - nowMs,
    points: [...state.points, point].slice(-KEEP_POINTS),
  };
}

export interface LiveStore {
  subscribe: (listener: () => void) => () => void;
  get: () => LiveState;
}

/**
 * Live figures while somebody looks. A hidden tab lets its connection go: browsers allow six to one host over HTTP/1.1,
 * so forgotten tabs would block the seventh.
 * @param onLost called when the stream breaks, with the attempt's number
 */
export function createLiveStore(onLost: (attempt: number) => void): LiveStore {
  let state = initial;
  const listeners = new Set<() => void>();
  const set = (next: LiveState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  let close: (() => void) | undefined;
  const followWhileVisible = () => {
    close?.();
    close = undefined;
    if (document.hidden) return set({ ...state, attempt: Math.max(state.attempt, 1) });
    close = followStats(LIVE_STATS_PATH, {
      onStats: (stats) => set(withStats(state, stats, Date.now())),
      onLost: (attempt) => {
        set({ ...state, attempt });
        onLost(attempt);
      },
    });
  };
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) {
        document.addEventListener("visibilitychange", followWhileVisible);
        followWhileVisible();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        document.removeEventListener("visibilitychange", followWhileVisible);
        close?.();
        close = undefined;
      };
    },
  };
}
