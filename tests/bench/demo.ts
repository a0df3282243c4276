/** `npm run demo`, the whole way of a tip with a browser and every machine, beside the two minutes that it may take. Its text goes nowhere. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Result } from "./target.ts";

/** Two minutes. */
const SECONDS_ALLOWED = 120;

export async function benchDemo(): Promise<Result[]> {
  const begin = performance.now();
  const child = spawn(process.execPath, [fileURLToPath(new URL("../../src/demo/journey.ts", import.meta.url))], { stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error("the demo failed");
  return [
    {
      name: "npm run demo, a tip's whole way with 60 MB attached",
      value: (performance.now() - begin) / 1000,
      unit: "s",
      baseline: { name: "what is asked for", value: SECONDS_ALLOWED },
      target: { ratio: 1, aim: "at-most" },
    },
  ];
}
