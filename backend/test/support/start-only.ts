/**
 * Starts a process that is to fail, and does nothing more: it ends when nothing keeps it any longer, with code 3. Run by Node from source.
 */
import { startApi } from "../../dist/api.js";
import { loadConfig } from "../../dist/config.js";
import { startWorker } from "../../dist/worker.js";

const start = process.env.START_ONLY === "api" ? startApi : startWorker;
await start(loadConfig()).catch((error: Error) => {
  console.log(error.message);
  process.exitCode = 3;
});
