/**
 * How Node runs the api and the worker, wherever they are started (npm start, tests, bench; the Dockerfile repeats it).
 *
 * Semi-spaces of 4 MB instead of 16: what an event leaves behind dies young in either, and under load each process stays
 * 60–120 MB smaller at the same CPU per event (docs/decisions/0007-memory.md).
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=4"];
