import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "pictures",
  testMatch: "*.shot.ts",
  timeout: 240_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  reporter: [["list"]],
  outputDir: "test-results",
});
