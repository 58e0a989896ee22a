import { defineConfig } from "vitest/config";

/**
 * `unit` needs nothing but Node (and, for the local servers themselves, those); the others run against real servers of
 * their own on free ports, so several runs may share a machine. `faults` kills things; FAULT_ROUNDS makes its rounds more.
 */
const project = (name: string, include: string[], testTimeoutS: number, hookTimeoutS: number, fileParallelism: boolean) => ({
  test: { name, include, testTimeout: testTimeoutS * 1000, hookTimeout: hookTimeoutS * 1000, fileParallelism },
});

export default defineConfig({
  test: {
    globalSetup: ["infrastructure/vitest-setup.mjs"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    projects: [
      project("unit", ["{shared,backend,frontend}/src/**/*.test.{ts,tsx}", "infrastructure/**/*.test.ts"], 60, 120, true),
      project("integration", ["backend/test/integration/**/*.test.ts"], 60, 180, true),
      // One file at a time: a second one's load would be counted in the first one's latencies.
      project("e2e", ["backend/test/e2e/**/*.test.ts"], 180, 180, false),
      project("faults", ["backend/test/faults/**/*.test.ts"], 900, 180, false),
    ],
  },
});
