#!/usr/bin/env node
/**
 * Entry of `firsthand`, the intake server's command. Looks at its Node before it loads anything: an older one fails in the middle, with messages
 * nobody understands. (Before 22.18 Node cannot read this file at all and says so by itself.)
 */
const OLDEST = 24;

if (Number(process.versions.node.split(".")[0]) < OLDEST) {
  console.error(`firsthand needs Node ${String(OLDEST)} or later. This is Node ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  const { run } = await import("./courier/command-line.ts");
  process.exitCode = await run(process.argv.slice(2), process.env);
}
