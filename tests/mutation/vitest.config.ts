/** The tests that a mutant must not survive: those of the file under attack, named by `main.ts`, in one process and without browsers. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: (process.env["MUTATION_TESTS"] ?? "").split(","),
    setupFiles: ["tests/mutation/fewer-runs.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
