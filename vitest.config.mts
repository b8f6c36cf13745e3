import { defineConfig } from "vitest/config";

// As Node.js finds it, which gives graphql-http the same one; Vite would take the package's other copy for us.
const resolve = { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] };

export default defineConfig({
  test: {
    // The backends run beside the tests, so more files at once only makes both slower on a small machine.
    maxWorkers: 2,
    projects: [
      {
        resolve,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"],
          // They leave nothing behind, so they share what was imported: a third of the time.
          isolate: false,
          // No test is about speed: a busy machine takes its time.
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "integration",
          include: ["packages/*/test/**/*.test.ts", "services/*/test/**/*.test.ts", "test/**/*.test.ts"],
          globalSetup: "test/support/global-setup.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
