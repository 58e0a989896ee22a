/**
 * Programs under test with a fuse: they end themselves by SIGKILL, at a point or on an event that the environment names. With
 * FAULT_SIGNAL=SIGSTOP they freeze there instead, until somebody sends SIGCONT; with FAULT_SIGNAL=throw an event makes the worker throw what
 * nobody planned for.
 *
 *     FAULT_PROCESS=api|worker  FAULT_POINT=after-append  FAULT_AFTER=7   the 7th time it gets there
 *     FAULT_TEXT=poison                                                   whenever it looks at an event with this text (worker)
 *
 * Run by Node from source: the processes themselves come from `dist`, as in production.
 */
import closeWithGrace from "close-with-grace";
import { startApi } from "../../dist/api.js";
import { loadConfig } from "../../dist/config.js";
import { startWorker } from "../../dist/worker.js";

const { FAULT_PROCESS, FAULT_POINT, FAULT_TEXT, FAULT_SIGNAL = "SIGKILL" } = process.env;
let left = Number(process.env.FAULT_AFTER ?? 1);

function die(): void {
  process.kill(process.pid, FAULT_SIGNAL);
  // A signal to oneself is delivered at once, but the rest of this tick must not run on another core's time.
  const until = Date.now() + 500;
  while (FAULT_SIGNAL === "SIGKILL" || Date.now() < until);
}

function at(point: string): void {
  if (point === FAULT_POINT && --left === 0) die();
}

const config = loadConfig();
const running =
  FAULT_PROCESS === "api"
    ? await startApi(config, { at })
    : await startWorker(config, {
        at,
        touch(event) {
          if (!FAULT_TEXT || !event.record.text.includes(FAULT_TEXT)) return;
          if (FAULT_SIGNAL === "throw") throw new TypeError("Cannot read properties of undefined (reading 'type')");
          die();
        },
      });
closeWithGrace({ delay: 10_000 }, () => running.close());
