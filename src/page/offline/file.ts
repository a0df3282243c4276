/** The way without a network: keys that were built in, and tips as a file in the saved form (specification section 7). */
import type { Bytes } from "../../protocol/bytes.ts";
import { formatSavedHeader } from "../../protocol/format/saved.ts";
import type { Carrier } from "../carrier.ts";

/** A carrier over both trimmed certificates in a row. The file is held as a blob, which a browser may keep on its disk: it is sealed by then. */
export function openFileCarrier(keys: Bytes): Carrier {
  return {
    keys: () => Promise.resolve(keys),
    bring: async (sealed, report, signal) => {
      const parts: Blob[] = [];
      const tell = (): void => {
        report({ phase: "sending", done: parts.length, total: sealed.partCount, secondsLeft: null, waiting: null });
      };
      tell();
      for await (const part of sealed.parts) {
        signal.throwIfAborted();
        parts.push(new Blob([part]));
        tell();
      }
      return new Blob([formatSavedHeader(sealed.finish().commitment), ...parts], { type: "application/octet-stream" });
    },
    tryNow: () => undefined,
  };
}
