import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { someStats } from "../features/live/testing.js";
import { followStats, retryDelayMs } from "./follow.js";

interface Fake {
  onmessage: ((message: { data: string }) => void) | null;
  onerror: (() => void) | null;
  closed: boolean;
  close: () => void;
}

function follow() {
  const opened: Fake[] = [];
  const seen = { stats: 0, lost: [] as number[] };
  const open = () => {
    const source: Fake = {
      onmessage: null,
      onerror: null,
      closed: false,
      close: () => {
        source.closed = true;
      },
    };
    opened.push(source);
    return source as unknown as EventSource;
  };
  const close = followStats("/live", { onStats: () => seen.stats++, onLost: (attempt) => seen.lost.push(attempt) }, { open });
  return { opened, seen, close, latest: () => opened[opened.length - 1] as Fake };
}

const message = { data: JSON.stringify(someStats()) };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("opens again after an error, with growing pauses until a message comes", () => {
  const { opened, seen, latest, close } = follow();
  latest().onerror?.();
  expect(opened).toHaveLength(1);
  vi.advanceTimersByTime(retryDelayMs(1));
  expect(opened).toHaveLength(2);
  latest().onerror?.();
  vi.advanceTimersByTime(retryDelayMs(2));
  expect(opened).toHaveLength(3);
  latest().onmessage?.(message);
  latest().onerror?.();
  expect(seen).toEqual({ stats: 1, lost: [1, 2, 1] });
  close();
});

it("gives up a connection that is silent, as a half-open one is", () => {
  const { opened, seen, latest, close } = follow();
  latest().onmessage?.(message);
  vi.advanceTimersByTime(6000 + retryDelayMs(1));
  expect(seen.lost).toEqual([1]);
  expect(opened[0]?.closed).toBe(true);
  expect(opened).toHaveLength(2);
  close();
});

it("skips what is no snapshot", () => {
  const { seen, latest, close } = follow();
  latest().onmessage?.({ data: "{" });
  latest().onmessage?.({ data: "null" });
  latest().onmessage?.({ data: "{}" });
  expect(seen.stats).toBe(0);
  close();
});

it("stays closed once closed", () => {
  const { opened, latest, close } = follow();
  latest().onerror?.();
  close();
  vi.advanceTimersByTime(60_000);
  expect(opened).toHaveLength(1);
});

it("pauses 1, 2, 4, then 5 s", () => expect([1, 2, 3, 4, 9].map(retryDelayMs)).toEqual([1000, 2000, 4000, 5000, 5000]));
