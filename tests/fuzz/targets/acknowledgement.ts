/** Texts of acknowledgements. */
import { formatAcknowledgement, parseAcknowledgement } from "../../../src/protocol/format/acknowledgement.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseAcknowledgement,
  formatAcknowledgement,
  () => [formatAcknowledgement({ origin: "tips.test/log", batch: 12, root: new Uint8Array(32).fill(9), date: "2026-11-24" })],
  500,
);
