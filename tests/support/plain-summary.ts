/** A last line anybody and any program can read: how many tests passed and how many did not. */
import { appendFileSync } from "node:fs";
import type { Reporter, TestModule, SerializedError } from "vitest/node";

/** Prints `N passed, N failed, N skipped` after everything else; a module or run that broke outside a test counts as a failure. */
export class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      if (module.errors().length > 0) count.failed += 1;
    }
    const line = `\n${String(count.passed)} passed, ${String(count.failed)} failed, ${String(count.skipped + count.pending)} skipped\n`;
    // Written at exit, synchronously, so that it stands below the report.
    process.once("exit", () => {
      appendFileSync(1, line);
    });
  }
}
