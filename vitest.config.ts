import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { atThisPace, patience } from "./backend/test/support/yardstick.ts";

/**
 * `unit` needs nothing but Node (and, for the local servers themselves, those); the others run against real servers of
 * their own on free ports, so several runs may share a machine. `faults` kills things; FAULT_ROUNDS makes its rounds more. Time limits
 * are for what hangs, and grow with how slow the machine is at the start.
 */
const project = (name: string, include: string[], testTimeoutS: number, maxWorkers: number, groupOrder: number) => ({
  test: {
    name,
    include,
    testTimeout: patience(testTimeoutS * 1000),
    hookTimeout: atThisPace(180_000),
    maxWorkers,
    sequence: { groupOrder },
  },
});

// Files side by side, more than there are cores: most of a test is waiting, for a server, a lease, the end of a minute.
const BESIDE = Math.max(2, availableParallelism());

export default defineConfig({
  test: {
    globalSetup: ["infrastructure/vitest-setup.mjs"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    expect: { poll: { timeout: patience(5_000) } },
    projects: [
      project("e2e", ["backend/test/e2e/**/*.test.ts"], 180, 3, 0),
      project("faults", ["backend/test/faults/**/*.test.ts"], 900, 3, 1),
      project("integration", ["backend/test/integration/**/*.test.ts"], 60, BESIDE + 1, 2),
      project("unit", ["{shared,backend,frontend}/src/**/*.test.{ts,tsx}", "infrastructure/**/*.test.ts"], 60, BESIDE, 3),
    ],
  },
});
