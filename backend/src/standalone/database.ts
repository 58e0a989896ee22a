import { migrate, seed } from "../accounts/bootstrap.js";
import { loadConfig } from "../config.js";

/** `npm run migrate`, `npm run seed`, and the one-shot container that runs before the others: `migrate` and `seed` in the given order. */
const tasks: Record<string, (config: ReturnType<typeof loadConfig>) => Promise<unknown>> = {
  migrate: (config) => migrate(config.DATABASE_URL, (line) => console.error(line)),
  seed,
};

try {
  const config = loadConfig();
  for (const name of process.argv.slice(2)) {
    const task = tasks[name];
    if (!task) throw new Error(`Unknown task ${name}; there are ${Object.keys(tasks).join(" and ")}.`);
    // A password or key that was just made is in it: this is the only time it can be read.
    console.log(JSON.stringify({ task: name, ...((await task(config)) as object) }));
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
