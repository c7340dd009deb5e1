import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "faults",
  testMatch: "*.fault.ts",
  timeout: 1_800_000,
  expect: { timeout: 60_000 },
  workers: 1,
  retries: 0,
  reporter: [["list"]],
  outputDir: "test-results",
});
