/** Shows that the engine finds a fault: says after how many inputs. */
import { fuzz } from "../engine/fuzz.ts";
import { instrument } from "../engine/instrument.ts";
import { accepted } from "../engine/target.ts";

const coverage = instrument(new URL("./", import.meta.url));
const { parsePlanted } = await import("./parser.ts");
const { found, runs } = await fuzz(
  {
    longest: 64,
    seeds: () => [new Uint8Array(8)],
    run: (input) => {
      accepted(() => {
        parsePlanted(input);
      });
    },
  },
  coverage,
  [],
  { runs: 500_000, seconds: 60, seed: 7, stopped: () => false },
);
console.log(found !== null && found.what instanceof Error ? `${found.what.message} after ${String(runs)} inputs` : "nothing found");
