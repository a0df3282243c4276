/** Opens the casebook in the folder it is given, with the key on its input, and says what that took. */
import { Casebook } from "../../src/reviewer/casebook/casebook.ts";
import { fromHex } from "../../src/protocol/encoding.ts";

const [folder = "", key = ""] = process.argv.slice(2);
const begin = performance.now();
const casebook = await Casebook.open(folder, { casebook: fromHex(key, 32), wrapping: [] });
const wall = (performance.now() - begin) / 1000;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
// Linux counts in KiB.
process.send?.({ events: casebook.events.length, seconds: (userCPUTime + systemCPUTime) / 1_000_000, wall, mebibytes: maxRSS / 1024 });
