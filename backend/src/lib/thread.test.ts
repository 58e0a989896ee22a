import { afterAll, expect, it } from "vitest";
import { createThread, type Thread, threadProgram } from "./thread.js";

const SOURCE = `
  import { answerQuestions } from ${JSON.stringify(threadProgram("lib/thread.js").href)};
  let asked = 0;
  answerQuestions(({ do: what, bytes }) => {
    if (what === "exit") process.exit(1);
    if (what === "grow") for (const all = []; ; ) all.push(new Array(1e5).fill(asked));
    return { answer: { asked: ++asked, what, length: bytes?.length }, transfer: bytes ? [bytes.buffer] : [] };
  });`;

interface Answered {
  asked: number;
  what: string;
  length?: number;
}
const open: Thread<object, Answered>[] = [];
function start(): Thread<object, Answered> {
  const thread = createThread<object, Answered>(new URL(`data:text/javascript,${encodeURIComponent(SOURCE)}`), { heapMb: 32 });
  open.push(thread);
  return thread;
}
afterAll(() => Promise.all(open.map((thread) => thread.close())));

it("answers in order, and memory goes over without a copy", async () => {
  const thread = start();
  const bytes = new Uint8Array(100_000);
  const answers = await Promise.all([thread.ask({ do: "a" }), thread.ask({ do: "b", bytes }, [bytes.buffer]), thread.ask({ do: "c" })]);
  expect(answers).toEqual([
    { asked: 1, what: "a" },
    { asked: 2, what: "b", length: 100_000 },
    { asked: 3, what: "c" },
  ]);
  expect(bytes.length).toBe(0);
});

it.each(["exit", "grow"])("a question that ends the thread (%s) has no answer, and the next one has", async (what) => {
  const thread = start();
  const [before, none, after] = await Promise.all([thread.ask({ do: "a" }), thread.ask({ do: what }), thread.ask({ do: "b" })]);
  expect(before).toMatchObject({ asked: 1 });
  expect(none).toBeUndefined();
  expect(after).toEqual({ asked: 1, what: "b" });
});

it("a question that cannot be asked harms none after it", async () => {
  const thread = start();
  const [wrong, right] = await Promise.allSettled([thread.ask({ do: () => {} }), thread.ask({ do: "a" })]);
  expect(wrong.status).toBe("rejected");
  expect(right).toMatchObject({ status: "fulfilled", value: { what: "a" } });
});

it("closing ends the question in hand, and those that wait, with an error", async () => {
  const thread = start();
  await thread.ask({ do: "a" });
  const asked = Promise.allSettled([thread.ask({ do: "grow" }), thread.ask({ do: "b" })]);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await thread.close();
  expect((await asked).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
