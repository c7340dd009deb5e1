import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "canary",
  testMatch: "*.check.ts",
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  reporter: [["list"]],
  outputDir: "test-results",
});
