import { useEffect, useState, useSyncExternalStore } from "react";
import { useSessionCheck } from "../../app/session.js";
import { type Freshness, freshness } from "./freshness.js";
import { createLiveStore, type LiveState } from "./live-store.js";

export interface Live extends LiveState {
  freshness: Freshness;
  /** The browser's clock, in ms, renewed at least once a second. */
  nowMs: number;
  /** The server's clock, in ms. */
  serverNowMs: number;
}

/** The live figures, renewed with every message and every second without one, so that their age shows. */
export function useLive(): Live {
  const checkSession = useSessionCheck();
  // The stream cannot say why it was refused; asking for the session tells an expired one from a server that is away.
  const [store] = useState(() => createLiveStore(checkSession));
  const state = useSyncExternalStore(store.subscribe, store.get);
  const nowMs = useNow();
  return { ...state, nowMs, serverNowMs: nowMs + state.clockOffsetMs, freshness: freshness(state.freshAtMs, nowMs) };
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
