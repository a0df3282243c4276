/** Runs the auditor's command in a process of its own, with the words it is given, and says what that took. */
import { run } from "../../src/auditor/command.ts";

const code = await run(process.argv.slice(2), { out: { write: () => true }, error: process.stderr });
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
// Linux counts in KiB.
process.send?.({ code, seconds: (userCPUTime + systemCPUTime) / 1_000_000, mebibytes: maxRSS / 1024 });
