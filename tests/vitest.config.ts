/** Tests run under Node 24, in processes of their own, two at a time; tests that drive a browser after the others; those over a Tor network last. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { PlainSummary } from "./support/plain-summary.ts";

if (Number(process.versions.node.split(".")[0]) < 24)
  throw new Error(`The tests need Node 24; this is ${process.version}. Start them with npm test.`);

const BROWSER_TESTS = ["tests/**/*.browser.test.ts", "tests/page/browser/**/*.test.ts"];
const TOR_TESTS = ["tests/tor/**/*.test.ts"];

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    pool: "forks",
    globalSetup: ["tests/support/cluster-template.ts"],
    reporters: ["default", new PlainSummary()],
    projects: [
      {
        extends: true,
        test: {
          name: "machines",
          include: ["tests/**/*.test.ts"],
          exclude: [...BROWSER_TESTS, ...TOR_TESTS],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: "two intakes",
          include: ["tests/server/intake/{upload,form}.test.ts", "tests/server/http/mailbox.test.ts"],
          env: { FIRSTHAND_TEST_INTAKES: "2" },
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browsers",
          include: BROWSER_TESTS,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 180_000,
          // A browser that stumbles on a loaded machine is asked once more; what is wrong in the page is wrong twice.
          retry: 1,
        },
      },
      {
        extends: true,
        test: {
          name: "tor",
          include: TOR_TESTS,
          // They mostly wait: for votes and circuits.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 400_000,
          hookTimeout: 400_000,
        },
      },
      // By hand: npm run test:onionbalance.
      ...(process.env["FIRSTHAND_TEST_ONIONBALANCE"] === "1"
        ? [
            {
              extends: true as const,
              test: { name: "onionbalance", include: ["tests/tor/onionbalance.hand.ts"], testTimeout: 2_000_000, hookTimeout: 400_000 },
            },
          ]
        : []),
    ],
  },
});
