#!/usr/bin/env node
/**
 * Entry of `firsthand-voucher`. Looks at its Node before it loads anything: older ones fail in the middle, with messages nobody understands. (Before 22.18 Node
 * cannot read this file at all and says so by itself.)
 */
const OLDEST = 24;

if (Number(process.versions.node.split(".")[0]) < OLDEST) {
  console.error(`firsthand-voucher needs Node ${String(OLDEST)} or later. This is Node ${process.versions.node}.`);
  process.exitCode = 2;
} else {
  const { run } = await import("./command.ts");
  process.exitCode = await run(process.argv.slice(2), new Date(), { out: process.stdout, error: process.stderr });
}
