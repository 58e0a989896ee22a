import { createContext, type ReactNode, useCallback, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { useSessionCheck } from "../app/session.js";
import { onTick, setClockOffset } from "../lib/tick.js";
import { type Freshness, freshness } from "./freshness.js";
import { createLiveStore, type LiveState, type LiveStore } from "./live-store.js";

const LiveContext = createContext<LiveStore | null>(null);

/** One stream for the whole dashboard: the header's state, the navigation's figures and the live page read the same one. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const checkSession = useSessionCheck();
  // The stream cannot say why it was refused; asking for the session tells an expired one from a server that is away.
  const [store] = useState(() => createLiveStore(checkSession));
  useEffect(() => store.subscribe(() => setClockOffset(store.get().clockOffsetMs)), [store]);
  return <LiveContext value={store}>{children}</LiveContext>;
}

export interface Live extends LiveState {
  freshness: Freshness;
  /** The browser's clock, in ms, renewed at least once a second. */
  nowMs: number;
  /** The server's clock, in ms. */
  serverNowMs: number;
}

function useStore(): LiveStore {
  const store = useContext(LiveContext);
  if (!store) throw new Error("useLive needs a LiveProvider around it");
  return store;
}

/** The live figures, renewed with every message and every second without one, so that their age shows. */
export function useLive(): Live {
  const store = useStore();
  const state = useSyncExternalStore(store.subscribe, store.get);
  const nowMs = useNow();
  return { ...state, nowMs, serverNowMs: nowMs + state.clockOffsetMs, freshness: freshness(state.freshAtMs, nowMs) };
}

/**
 * One thing of the live figures; renders again only when it changes.
 * @param select gives a primitive: an object would be another one each time
 */
export function useLiveValue<Value extends string | number | boolean | null>(select: (state: LiveState, nowMs: number) => Value): Value {
  const store = useStore();
  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = [store.subscribe(listener), onTick(listener)];
      return () => {
        for (const each of leave) each();
      };
    },
    [store],
  );
  return useSyncExternalStore(subscribe, () => select(store.get(), Date.now()));
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
