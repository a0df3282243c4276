/** Codes that a camera read: whatever is accepted is the data of a series, which written anew is read as the same. */
import { formatCodes, parseCodes } from "../../../src/protocol/crypto/code-series.ts";
import { fromUtf8 } from "../../../src/protocol/encoding.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

const data = Uint8Array.from({ length: 1_200 }, (_, index) => index % 251);
const longer = formatCodes(data);

export const target: Target = {
  longest: 4000,
  seeds: () =>
    [formatCodes(data.subarray(0, 20)), longer, [...longer].reverse(), longer.slice(1), longer.map((line) => `QR-Code:${line}`)].map(
      (lines) => new TextEncoder().encode(lines.join("\n")),
    ),
  run: (input) => {
    const text = accepted(() => fromUtf8(input));
    if (text === undefined) return;
    const read = accepted(() => parseCodes(text));
    if (read !== undefined) sameAgain(read, parseCodes(formatCodes(read).join("\n")));
  },
};
