/** Targets that are files as a witness may choose them: whatever their octets, looking into them ends, and what is offered as cleaned is as clean as is said. */
import { examine } from "../../../src/page/files/examine.ts";
import { holds, type Target } from "./target.ts";

/** Text that cannot be shown on one line as it is. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^.{83}/u;

/** A target for files that begin as these do. */
export function pageFile(seeds: () => readonly Uint8Array[], longest = 6000): Target {
  return {
    longest,
    seeds,
    run: async (input) => {
      const { found, cleaned } = await examine(new Blob([input]));
      for (const value of found.flatMap(({ values }) => values)) holds(!UNSEEN.test(value), "a value that cannot be shown");
      if (cleaned === null) return;
      const again = await examine(cleaned.file);
      const left = again.found.map(({ trait }) => trait);
      holds(again.seen === "looked" && left.join() === cleaned.left.join(), "a cleaned copy is not as was said");
      holds(cleaned.left.length < found.length, "a cleaned copy that is no cleaner was offered");
    },
  };
}
