import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "bench",
  testMatch: "*.bench.ts",
  timeout: 600_000,
  workers: 1,
  retries: 0,
  reporter: [["./bench/figures.ts"]],
  outputDir: "test-results",
});
