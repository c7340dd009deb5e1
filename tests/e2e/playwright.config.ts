import { defineConfig } from "@playwright/test";

// Each test has a server and phones of its own, so any two can run beside each other. The longest projects come first.
export default defineConfig({
  // Long enough for a slow machine: they end what hangs, and time nothing.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  retries: 0,
  reporter: [["list"]],
  outputDir: "test-results",
  projects: [
    { name: "faults", testDir: "faults", testMatch: "*.fault.ts", timeout: 1_800_000, expect: { timeout: 60_000 } },
    { name: "canary", testDir: "canary", testMatch: "*.check.ts" },
    { name: "flows", testDir: ".", testMatch: "*.spec.ts" },
    { name: "pictures", testDir: "pictures", testMatch: "*.shot.ts" },
  ],
});
