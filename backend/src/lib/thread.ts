import { constants, setPriority } from "node:os";
import { parentPort, type Transferable, Worker } from "node:worker_threads";

/** A thread beside the event loop that serves everybody. */
export interface Thread<Question, Answer> {
  /**
   * Asks one question at a time; others wait for it, in order.
   * @param transfer memory of the question that goes over to the thread instead of being copied
   * @returns undefined when the thread died of the question, or did not answer for 30 s; the next one gets a new thread
   * @throws Error after `close`, which ends the question in hand
   */
  ask(question: Question, transfer?: Transferable[]): Promise<Answer | undefined>;
  close(): Promise<void>;
}

const ENDING = "the process is ending";
const HARD_LIMIT_MS = 30_000;
/** Without work a thread is ended, and its memory (20 to 40 MB) is given back. */
const IDLE_MS = 60_000;

/**
 * Starts when it is first asked.
 * @param program made with `threadProgram`; it calls `answerQuestions`
 */
export function createThread<Question, Answer>(program: URL, { heapMb }: { heapMb: number }): Thread<Question, Answer> {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const end = async (): Promise<void> => {
    const ended = worker?.terminate();
    worker = undefined;
    await ended;
  };
  const askNow = async (question: Question, transfer: Transferable[]): Promise<Answer | undefined> => {
    if (closed) throw new Error(ENDING);
    clearTimeout(idle);
    worker ??= startWorker(program, heapMb);
    worker.postMessage(question, transfer);
    const answer = await answerOf<Answer>(worker);
    if (closed) throw new Error(ENDING);
    if (answer === undefined) void end();
    idle = setTimeout(end, IDLE_MS).unref();
    return answer;
  };
  return {
    ask(question, transfer = []) {
      const answer = last.then(() => askNow(question, transfer));
      last = answer.catch(() => {});
      return answer;
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      await end();
    },
  };
}

/** @param path of the compiled program, below `dist`: vitest runs the sources, but no thread can */
export function threadProgram(path: string): URL {
  return new URL(import.meta.url.endsWith(".ts") ? `../../dist/${path}` : `../${path}`, import.meta.url);
}

function startWorker(program: URL, heapMb: number): Worker {
  const worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: heapMb }, stdout: false, stderr: false });
  // An error that comes after an answer concerns nobody any more.
  worker.on("error", () => {});
  worker.unref();
  return worker;
}

function answerOf<Answer>(worker: Worker): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | undefined): void => {
      clearTimeout(timer);
      worker.off("message", settle).off("exit", died);
      worker.unref();
      resolve(answer);
    };
    const died = (): void => settle(undefined);
    const timer = setTimeout(died, HARD_LIMIT_MS);
    worker.ref();
    worker.once("message", settle).once("exit", died);
  });
}

/**
 * Runs in the thread: answers one question after the other.
 * @returns the answer, and what of it goes over instead of being copied
 */
export function answerQuestions<Question, Answer>(answer: (question: Question) => { answer: Answer; transfer?: Transferable[] }): void {
  // On Linux this is the priority of this thread alone: where processors are short, those who serve everybody come first.
  if (process.platform === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  parentPort?.on("message", (question: Question) => {
    const found = answer(question);
    parentPort?.postMessage(found.answer, found.transfer ?? []);
  });
}
