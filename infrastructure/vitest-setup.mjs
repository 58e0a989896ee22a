import { prepare } from "./run/prepare.mjs";

/** Tests import the workspaces' builds and start built processes: a stale build would test yesterday's code. */
export default async function setup() {
  // `npm test` has just done it.
  if (!process.env.STREAMFORGE_PREPARED) await prepare({ frontend: false, lenient: true });
}
