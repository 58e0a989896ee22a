import { expect, test } from "vitest";
import { createTurns, NoTurnError } from "./turns.js";

const soon = () => new Promise((resolve) => setImmediate(resolve));
const limits = { atOnce: 4, atOncePerKey: 2, waitingPerKey: 3, waitMs: 1_000 };

test("no more at once than it says, in all and by key, and keys take turns whatever each has waiting", async () => {
  const turns = createTurns({ ...limits, waitingPerKey: 100 });
  const order: string[] = [];
  const most: Record<string, number> = {};
  const now: Record<string, number> = {};
  const work = async (key: string): Promise<void> => {
    const done = await turns.take(key);
    order.push(key);
    now[key] = (now[key] ?? 0) + 1;
    most[key] = Math.max(most[key] ?? 0, now[key]);
    expect(turns.running()).toBeLessThanOrEqual(4);
    await soon();
    now[key]--;
    done();
    done();
  };
  const greedy = Array.from({ length: 30 }, () => work("greedy"));
  await soon();
  await Promise.all([...greedy, work("a"), work("b"), work("a"), work("b"), work("c")]);
  expect(most.greedy).toBe(2);
  // The last to come has had its turn before the greedy one's queue is done.
  expect(Math.max(...["a", "b", "c"].map((key) => order.lastIndexOf(key)))).toBeLessThan(15);
  expect([turns.running(), turns.waiting()]).toEqual([0, 0]);
});

test("one too many of a key is refused, others still wait", async () => {
  const turns = createTurns({ ...limits, atOnce: 2 });
  const first = await Promise.all([turns.take("a"), turns.take("a")]);
  const waiting = [1, 2, 3].map(() => turns.take("a"));
  await expect(turns.take("a")).rejects.toThrow(NoTurnError);
  const other = turns.take("b");
  expect(turns.waiting()).toBe(4);
  first[0]?.();
  first[1]?.();
  for (const one of [...waiting, other]) (await one)();
  expect([turns.running(), turns.waiting()]).toEqual([0, 0]);
});

test("who leaves, or waits too long, leaves nothing behind", async () => {
  const turns = createTurns({ ...limits, atOnce: 1, waitMs: 20 });
  const done = await turns.take("a");
  const leaving = new AbortController();
  const left = turns.take("a", leaving.signal);
  const late = turns.take("b");
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await expect(late).rejects.toThrow(NoTurnError);
  await expect(turns.take("c", leaving.signal)).rejects.toThrow("gone");
  done();
  (await turns.take("c"))();
  expect([turns.running(), turns.waiting()]).toEqual([0, 0]);
});

test("a key that has more waiting rests as long as its turn took; nobody else waits for that, nor one that has nothing waiting", async () => {
  const turns = createTurns({ ...limits, atOncePerKey: 1, mostRestMs: 60_000 });
  const greedy = await turns.take("greedy");
  let begun = false;
  const next = turns.take("greedy").then((done) => {
    begun = true;
    return done;
  });
  const tookMs = 200;
  await new Promise((resolve) => setTimeout(resolve, tookMs));
  const endedAtMs = performance.now();
  greedy();
  (await turns.take("other"))();
  expect(begun).toBe(false);
  const done = await next;
  expect(performance.now() - endedAtMs).toBeGreaterThan(tookMs - 10);
  done();
  const now = turns.take("greedy").then(() => "at once");
  expect(await Promise.race([now, soon().then(() => "later")])).toBe("at once");
});
