/** Texts of records of destruction. */
import { formatDestruction, parseDestruction } from "../../../src/protocol/format/destruction.ts";
import { formatOfText } from "../engine/format.ts";

export const target = formatOfText(
  parseDestruction,
  formatDestruction,
  () => [formatDestruction({ origin: "tips.test/log", epoch: "9".repeat(64), date: "2026-11-24" })],
  500,
);
